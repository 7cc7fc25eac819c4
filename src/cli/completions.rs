//! `wslog completions`.

use clap::{Command, ValueHint};
use clap_complete::Shell;

/// The script for a shell.
pub(super) fn script(command: &mut Command, shell: Shell) -> Vec<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, command, "wslog", &mut out);
    match shell {
        Shell::Bash => return with_files(command, &String::from_utf8_lossy(&out)).into_bytes(),
        Shell::Fish => out.extend_from_slice(arguments_in_fish(command).as_bytes()),
        _ => {}
    }
    out
}

/// What the script for fish leaves out: values of arguments that are no options.
fn arguments_in_fish(command: &Command) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let mut out = String::new();
    for sub in command.get_subcommands() {
        let is_of = format!("__fish_wslog_using_subcommand {}", sub.get_name());
        for value in sub.get_positionals().flat_map(clap::Arg::get_possible_values) {
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            let (name, help) = (quoted(value.get_name()), quoted(&help));
            out.push_str(&format!("complete -c wslog -n {} -f -a {name} -d {help}\n", quoted(&is_of)));
        }
    }
    out
}

/// The script for bash offers the options where a file may stand as well, and so never a file. Here it offers them to who has begun
/// with a dash; where it offers nothing, bash completes names of files.
fn with_files(command: &Command, script: &str) -> String {
    let takes_files = |name: &str| {
        let sub = command.find_subcommand(name);
        sub.is_some_and(|sub| sub.get_positionals().any(|arg| arg.get_value_hint() != ValueHint::Unknown))
    };
    let mut out = String::with_capacity(script.len());
    let mut is_of_files = false;
    let mut lines = script.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if let Some(name) = trimmed.strip_prefix("wslog__subcmd__").and_then(|name| name.strip_suffix(')')) {
            is_of_files = takes_files(name);
        }
        let is_last = lines.peek().is_some_and(|next| next.trim() == "return 0");
        if is_of_files && trimmed.starts_with("if [[ ${cur} == -* ||") {
            out.push_str("            if [[ ${cur} == -* ]] ; then\n");
        } else if is_of_files && line.starts_with("            COMPREPLY=(") && is_last {
            out.push_str("            COMPREPLY=()\n");
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
