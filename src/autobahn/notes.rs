//! What is to be said of a report, in words: where it contradicts itself, and what its source lacks or had to be rid
//! of before it could be read.

/// Notes kept of a report; of the others the number is told.
const MAX_NOTES: usize = 100;

/// The notes on one report.
#[derive(Debug, Default)]
pub(super) struct Notes {
    odd: List,
    plain: List,
}

impl Notes {
    /// Where the report contradicts itself, or could not be read.
    pub(super) fn add(&mut self, note: impl Into<String>) {
        self.odd.add(note.into());
    }

    /// What is no contradiction, and worth knowing.
    pub(super) fn remark(&mut self, note: impl Into<String>) {
        self.plain.add(note.into());
    }

    /// Remarks and contradictions, each in the order in which they were found.
    pub(super) fn into_lists(self) -> (Vec<String>, Vec<String>) {
        (self.plain.into_list(), self.odd.into_list())
    }
}

#[derive(Debug, Default)]
struct List {
    list: Vec<String>,
    more: usize,
}

impl List {
    fn add(&mut self, note: String) {
        if self.list.len() < MAX_NOTES {
            self.list.push(note);
        } else {
            self.more += 1;
        }
    }

    fn into_list(mut self) -> Vec<String> {
        if self.more > 0 {
            self.list.push(format!("{} more", self.more));
        }
        self.list
    }
}
