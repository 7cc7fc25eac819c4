//! What is read, how, and what of it may be shown: the same for all commands that read captures.

use std::num::NonZeroU16;
use std::path::PathBuf;

use wslog::redact::Redaction;

use crate::cli::limit_args::LimitArgs;

/// What is read, and how.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Reading {
    /// Captures (pcap, pcapng; compressed or not), Autobahn cases (JSON, HTML, pasted text), directories that hold some, or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(in crate::cli) inputs: Vec<PathBuf>,
    /// Read all captures as one, in order of their first packets [default: where each begins after the one before]
    #[arg(long, conflicts_with = "apart", help_heading = "Reading")]
    pub(in crate::cli) joined: bool,
    /// Read each capture for itself
    #[arg(long, help_heading = "Reading")]
    pub(in crate::cli) apart: bool,
    /// Tell of every TCP connection that was refused or not answered, not only of those to a server that carried WebSocket before
    #[arg(long, help_heading = "Reading")]
    pub(in crate::cli) connects: bool,
    /// Decrypt TLS with the keys of FILE, a key log (SSLKEYLOGFILE; repeatable); env: the file that variable names
    ///
    /// Keys that a pcapng brings along (editcap --inject-secrets) are used anyway. Where the capture comes by a pipe the file
    /// may still grow. wslog explain tls says how programs are made to write one.
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    pub(in crate::cli) keylog: Vec<PathBuf>,
    /// Levels of directories to look into below those named; hidden ones are left [default: 16]
    #[arg(long, value_name = "N", help_heading = "Reading")]
    pub(in crate::cli) depth: Option<u16>,
    /// Threads that analyse; the output is the same for any number [default: one a core]
    #[arg(long, value_name = "N", help_heading = "Reading")]
    pub(in crate::cli) threads: Option<NonZeroU16>,
    #[command(flatten)]
    pub(in crate::cli) limits: LimitArgs,
}

/// What may be shown.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(in crate::cli) struct Secrecy {
    /// Leave out payloads and the reasons of Close frames too, not only secrets
    ///
    /// Secrets are left out anyway: credentials, cookies, what is called like a secret in fields, URIs, extensions and
    /// JSON, JSON Web Tokens, what looks random in the opening handshake, and whatever quotes any of these. One stands as
    /// <redacted 24 bytes, no. 2>, with the same number wherever it stood. The account of an Autobahn case goes on quoting
    /// its test data.
    #[arg(long, conflicts_with = "no_redact", help_heading = "Output")]
    redact: bool,
    /// Show everything, secrets included
    #[arg(long, help_heading = "Output")]
    no_redact: bool,
}

impl Secrecy {
    /// What is left out.
    pub(in crate::cli) const fn redaction(self) -> Redaction {
        match (self.redact, self.no_redact) {
            (_, true) => Redaction::Nothing,
            (true, _) => Redaction::Payloads,
            _ => Redaction::Secrets,
        }
    }
}
