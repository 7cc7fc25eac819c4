//! Signals that ask to stop: Ctrl-C, and on Unix SIGTERM and SIGHUP.

use std::sync::Arc;

use wslog::source::file::Stop;

use crate::cli::pager::Running;

/// The first signal asks `stop`; the second one ends the process, for somebody does not want to wait.
///
/// While a pager runs Ctrl-C is for that: nothing is read any more.
pub(super) fn heed(stop: &Stop, pager: &Arc<Running>) {
    let (on_ctrl_c, pager) = (stop.clone(), Arc::clone(pager));
    // Where Ctrl-C is ignored (nohup, jobs in the background of a script) it stays so.
    let _ = ctrlc::try_set_handler(move || {
        if !pager.now() && on_ctrl_c.ask() {
            std::process::exit(130);
        }
    });
    #[cfg(unix)]
    unix::heed(stop);
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::io::{self, IsTerminal};

    use signal_hook::consts::{SIGHUP, SIGTERM};
    use signal_hook::flag;
    use wslog::source::file::Stop;

    /// SIGTERM, and SIGHUP where it is not ignored: nohup goes on.
    pub(super) fn heed(stop: &Stop) {
        for signal in [Some(SIGTERM), (!is_hangup_ignored()).then_some(SIGHUP)].into_iter().flatten() {
            // In this order: what the first one sets is what the second one finds. Where neither can be had the signal ends
            // the process, as it does any other.
            let _ = flag::register_conditional_shutdown(signal, 128 + signal, stop.flag());
            let _ = flag::register(signal, stop.flag());
        }
    }

    /// Linux says so. Elsewhere there is no asking without `unsafe`, so that a hang-up counts where there is a terminal
    /// to lose.
    fn is_hangup_ignored() -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        match mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) {
            Some(mask) => mask & 1 << (SIGHUP - 1) != 0,
            None => !(io::stdout().is_terminal() || io::stderr().is_terminal()),
        }
    }
}
