//! What is odd in a report, in words.

/// Notes kept of a report; of the others the number is told.
const MAX_NOTES: usize = 100;

/// The notes on one report.
#[derive(Debug, Default)]
pub(super) struct Notes {
    list: Vec<String>,
    more: usize,
}

impl Notes {
    pub(super) fn add(&mut self, note: impl Into<String>) {
        if self.list.len() < MAX_NOTES {
            self.list.push(note.into());
        } else {
            self.more += 1;
        }
    }

    pub(super) fn into_list(mut self) -> Vec<String> {
        if self.more > 0 {
            self.list.push(format!("{} more", self.more));
        }
        self.list
    }
}
