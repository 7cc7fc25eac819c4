//! URIs: users, paths, parameters.

use std::ops::Range;

use crate::redact::looks::is_ordinary;
use crate::redact::names::Grade::{self, Neutral, Strong, Weak};
use crate::redact::names::grade;
use crate::redact::piece::{Kind, Piece, decoded};
use crate::redact::search::{Search, parted};

impl<'t> Search<'t> {
    /// `user:password@host`
    pub(super) fn authority(&mut self, piece: &Piece<'_>, range: Range<usize>) {
        let Some(end) = piece.get(&range).rfind('@').map(|at| range.start + at) else { return };
        match piece.get(&(range.start..end)).find(':').map(|at| range.start + at) {
            Some(at) => {
                if !is_ordinary(piece.get(&(range.start..at))) {
                    self.hide(piece, range.start..at);
                }
                self.hide(piece, at + 1..end);
            }
            None => self.hide(piece, range.start..end),
        }
    }

    /// A URI or what of one stands in a request: parameters of the path, of the query and of the fragment, and the user.
    pub(super) fn uri(&mut self, piece: &Piece<'t>) {
        let text = &*piece.text;
        let mut rest = 0;
        let scheme = text.find("//").filter(|at| {
            text.get(..*at).is_some_and(|scheme| {
                scheme.is_empty() || scheme.ends_with(':') && !scheme.contains(['/', '?', '='])
            })
        });
        if let Some(at) = scheme {
            let start = at + 2;
            let len = text.get(start..).and_then(|behind| behind.find(['/', '?', '#']));
            let end = len.map_or(text.len(), |len| start + len);
            self.authority(piece, start..end);
            // Without a scheme it may as well be a path: as a request target it is (RFC 9112 3.2.1).
            rest = if at == 0 { 0 } else { end };
        }
        let query =
            text.get(rest..).and_then(|path| path.find(['?', '#'])).map_or(text.len(), |at| rest + at);
        let mut before = Neutral;
        for segment in parted(text, rest..query, &['/'], false) {
            before = self.segment(piece, segment, before);
        }
        let mut at = query;
        while at < text.len() {
            let end =
                text.get(at..).and_then(|rest| rest.find(['?', '&', '#'])).map_or(text.len(), |len| at + len);
            at = self.parameters(piece, at..end) + 1;
        }
    }

    /// A segment of a path; one that is called like a secret stands before it.
    pub(super) fn segment(&mut self, piece: &Piece<'t>, range: Range<usize>, before: Grade) -> Grade {
        let segment = piece.get(&range);
        if segment.is_empty() {
            return before;
        }
        if segment.contains(['=', ';', '&', ',']) {
            for part in parted(&piece.text, range, &['&', ','], false) {
                self.parameters(piece, part);
            }
            return Neutral;
        }
        let is_token = match before {
            Neutral => false,
            Weak | Strong => !is_ordinary(&decoded(segment)),
        };
        if is_token {
            self.hide(piece, range);
            return Neutral;
        }
        let announces = grade(segment);
        if segment.len() >= 12 {
            self.push(piece.part(&range, Kind::Value));
        }
        announces
    }

    /// Parameters up to the end of the range, or beyond it, where they are JSON; what ends there.
    pub(super) fn parameters(&mut self, piece: &Piece<'t>, range: Range<usize>) -> usize {
        let text = &*piece.text;
        let mut start = range.start;
        // Some part parameters by a semicolon; where the one before is a secret, it may as well be a part of it.
        while start < range.end {
            let rest = text.get(start..range.end).unwrap_or_default();
            let end = rest.find(';').map_or(range.end, |at| start + at);
            let Some(at) = text.get(start..end).and_then(|piece| piece.find('=')) else {
                self.push(piece.part(&(start..end), Kind::Value));
                start = end + 1;
                continue;
            };
            let (name, value) = (start..start + at, start + at + 1);
            if text.get(value..).is_some_and(|value| value.starts_with(['{', '['])) {
                self.push(piece.part(&(value..text.len()), Kind::Json));
                return text.len();
            }
            let name = piece.get(&name);
            if name.len() >= 12 {
                self.push(piece.part(&(start..start + at), Kind::Value));
            }
            if grade(&decoded(name)) == Strong {
                self.value(piece, name, value..range.end);
                break;
            }
            self.value(piece, name, value..end);
            start = end + 1;
        }
        range.end
    }
}
