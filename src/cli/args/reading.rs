//! What is read, how, and what of it may be shown: the same for all commands that read captures.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::ValueHint;
use wslog::model::suite::Version;
use wslog::redact::Redaction;

use crate::cli::limit_args::LimitArgs;

pub(in crate::cli) const READING: &str = "Reading";

/// What is read, and how.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Reading {
    /// Captures, Autobahn reports, directories of these, or - (stdin)
    ///
    /// Captures are pcap or pcapng, compressed or not; reports are Autobahn cases as JSON, HTML or pasted text. The first bytes say
    /// what a file is, not its name.
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(in crate::cli) inputs: Vec<PathBuf>,
    /// Read all captures as one, in time order
    ///
    /// By default captures are one only if each begins after the previous one ends.
    #[arg(long, conflicts_with = "apart", help_heading = READING, hide_short_help = true)]
    pub(in crate::cli) joined: bool,
    /// Read each capture on its own
    #[arg(long, help_heading = READING, hide_short_help = true)]
    pub(in crate::cli) apart: bool,
    /// Report every TCP connection that was refused or not answered
    ///
    /// Without it, only those to a server that carried WebSocket earlier in the capture.
    #[arg(long, help_heading = READING, hide_short_help = true)]
    pub(in crate::cli) connects: bool,
    /// Decrypt TLS with the key log FILE (repeatable)
    ///
    /// env means the file that the variable SSLKEYLOGFILE names. Keys inside a pcapng (editcap --inject-secrets) are always used.
    /// If the capture comes from a pipe, the key log may still be growing. See wslog explain tls for how to get one.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) keylog: Vec<PathBuf>,
    /// Take Autobahn reports, and captured runs, for those of this version of the suite
    ///
    /// The cases and how they are judged have changed over the versions (0.5.0 to 25.10.1). By default the opening handshake of the
    /// report tells: AutobahnTestSuite/0.8.2 in Server or User-Agent. wslog explain 7.9.6 shows what a case was in which version.
    #[arg(long, value_name = "VERSION", help_heading = READING, hide_short_help = true)]
    pub(in crate::cli) suite: Option<Version>,
    /// Search N levels of subdirectories; hidden ones are skipped [default: 16]
    #[arg(long, value_name = "N", help_heading = READING, hide_short_help = true)]
    pub(in crate::cli) depth: Option<u16>,
    /// Number of analysis threads; does not change the output [default: one per core]
    #[arg(long, value_name = "N", help_heading = READING, hide_short_help = true)]
    pub(in crate::cli) threads: Option<NonZeroU16>,
    #[command(flatten)]
    pub(in crate::cli) limits: LimitArgs,
}

/// What may be shown.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct Secrecy {
    /// Hide payloads and Close reasons too, not only secrets
    ///
    /// Secrets are always hidden: credentials, cookies, fields, parameters and JSON members with a secret's name, JSON Web Tokens,
    /// random-looking values in the opening handshake, and anything that quotes one of these. Each is shown as
    /// <redacted 24 bytes, no. 2>, with the same number wherever it occurs. The account of an Autobahn case still quotes its test
    /// data.
    #[arg(long, conflicts_with = "no_redact")]
    redact: bool,
    /// Show everything, including secrets
    #[arg(long, hide_short_help = true)]
    no_redact: bool,
    /// Replace addresses, hosts, ids and names by others
    ///
    /// For what leaves the house. Addresses, hosts, the words of paths, queries, fields and file names that are not common ones, keys,
    /// tokens and agents become others of the same length and kind, each the same wherever it stands. Addresses that begin
    /// alike go on doing so; private, loopback and other special ones stay such; ports stay. Payloads are left out unless --payload,
    /// --follow or --extract asks for them; there, and in Close reasons, names are replaced that are known from elsewhere or look like one,
    /// and no tool can be sure to find all. Options that select take names as they really are. The inputs are read twice.
    /// wslog-inspect(1) says more.
    #[arg(long)]
    pub(in crate::cli) anonymize: bool,
    /// Make the other names with the contents of FILE
    ///
    /// The same file makes the same names of other recordings, and who does not have it cannot tell what they stand for. Without it they
    /// are made with the first MiB of the first input; where an input is a pipe, with random numbers.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "anonymize", hide_short_help = true)]
    pub(in crate::cli) anonymize_key: Option<PathBuf>,
    /// Write to FILE what stands for what: CSV, for your eyes only
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "anonymize", hide_short_help = true)]
    pub(in crate::cli) anonymize_table: Option<PathBuf>,
}

impl Secrecy {
    /// What is left out.
    pub(in crate::cli) const fn redaction(&self) -> Redaction {
        match (self.redact, self.no_redact) {
            (_, true) => Redaction::Nothing,
            (true, _) => Redaction::Payloads,
            _ => Redaction::Secrets,
        }
    }
}
