//! How recordings are made that say more, and how common tasks are done, a file each.

mod capture;
mod recipes;
mod tls;

/// How something is done, with wslog and with the programs around it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Guide {
    /// Its name, as in `tls`.
    pub name: &'static str,
    /// What it is about: a clause.
    pub about: &'static str,
    /// Its parts, in the order in which they are read.
    pub parts: &'static [GuidePart],
}

/// A part of a guide.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GuidePart {
    /// Its heading.
    pub title: &'static str,
    /// Paragraphs.
    pub text: &'static [&'static str],
    /// Ways to do what it is about.
    pub ways: &'static [GuideWay],
}

/// A way to do something, by who has to do it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GuideWay {
    /// The program, or the occasion.
    pub of: &'static str,
    /// What to do, and what to heed.
    pub text: &'static str,
    /// Lines for a shell, or for a file that the text names.
    pub lines: &'static [&'static str],
    /// The version it was tried with, or the address of the program's own documentation; empty of wslog itself.
    pub source: &'static str,
}

/// Every guide, by name.
pub const GUIDES: &[Guide] = &[capture::GUIDE, recipes::GUIDE, tls::GUIDE];
