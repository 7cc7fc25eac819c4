//! The files of one capture, and what belongs to which.

use std::sync::Arc;

use crate::engine::recorder::Told;
use crate::model::{Conversation, InputReport, Outcome, PacketNo, SetFile, Weirds, Wire};

/// Files in the order of their packets, which are numbered on from one to the next.
#[derive(Debug)]
pub(super) struct Files(Vec<File>);

#[derive(Debug)]
struct File {
    part: SetFile,
    path: Option<Arc<str>>,
    tcp_connections: u64,
    websocket_connections: u64,
    encrypted_connections: u64,
    weirds: Weirds,
}

impl File {
    fn new(input: usize, before: u64, file: &str) -> Self {
        Self {
            part: SetFile { input, before, file: Wire::new(Arc::from(file)) },
            path: None,
            tcp_connections: 0,
            websocket_connections: 0,
            encrypted_connections: 0,
            weirds: Weirds::default(),
        }
    }
}

impl Files {
    /// One without a name: connections need not say which it is.
    pub(super) fn new(input: usize) -> Self {
        Self(vec![File::new(input, 0, "")])
    }

    /// Goes on with the next one. Called before any packet it names the first.
    pub(super) fn next(&mut self, before: PacketNo, file: &str) {
        match self.0.last() {
            Some(first) if before.0 == 0 && first.part.file.as_sent().is_empty() => {
                self.0 = vec![File::new(first.part.input, 0, file)];
            }
            last => {
                let input = last.map_or(0, |last| last.part.input + 1);
                self.0.push(File::new(input, before.0, file));
            }
        }
    }

    /// The last one has this path.
    pub(super) fn path(&mut self, path: Arc<str>) {
        if let Some(file) = self.0.last_mut() {
            file.path = Some(path);
        }
    }

    /// A TCP connection began in the last file.
    pub(super) fn opened(&mut self) {
        if let Some(file) = self.0.last_mut() {
            file.tcp_connections += 1;
        }
    }

    /// Counts a WebSocket connection, or one of which nobody can read whether it is.
    pub(super) fn count(&mut self, report: &Conversation) {
        let Some(tcp) = report.tcp else { return };
        let first = self.of(tcp.first_packet);
        let file = &mut self.0[first];
        match report.closing.outcome {
            Outcome::Encrypted => file.encrypted_connections += 1,
            _ => file.websocket_connections += 1,
        }
    }

    /// Says in `report` which files it is of.
    pub(super) fn place(&self, report: &mut Conversation) {
        let Some(tcp) = report.tcp else { return };
        let first = self.of(tcp.first_packet);
        let last = self.of(tcp.last_packet).max(first);
        let file = &self.0[first];
        report.input = file.part.input;
        report.path = file.path.clone().map(Wire::new);
        if !file.part.file.as_sent().is_empty() {
            report.parts = self.0[first..=last].iter().map(|file| file.part.clone()).collect();
        }
    }

    /// Says which file what is told of a flow is of that began with packet `first`, and has its packet numbered as there;
    /// the index of the input with that, where it is another.
    pub(super) fn place_told(&self, first: PacketNo, told: &mut Told) -> Option<usize> {
        let own = self.0[self.of(first)].part.input;
        if let Told::Opened(opening) = told {
            opening.input = own;
        }
        let packet = told.packet_mut()?;
        let part = &self.0[self.of(*packet)].part;
        packet.0 = packet.0.saturating_sub(part.before);
        (part.input != own).then_some(part.input)
    }

    /// Gives each oddity to the file of its packet, else to the last one.
    pub(super) fn odd(&mut self, weirds: Weirds) {
        for mut weird in weirds.into_vec() {
            let at = weird.packet.map_or(self.0.len() - 1, |packet| self.of(packet));
            let file = &mut self.0[at];
            weird.packet = weird.packet.map(|packet| PacketNo(packet.0.saturating_sub(file.part.before)));
            file.weirds.push(weird);
        }
    }

    /// Fills the counts of the inputs.
    pub(super) fn fill(self, inputs: &mut [InputReport]) {
        for (file, input) in self.0.into_iter().zip(inputs) {
            input.tcp_connections = file.tcp_connections;
            input.websocket_connections = file.websocket_connections;
            input.encrypted_connections = file.encrypted_connections;
            input.weirds.merge(file.weirds);
        }
    }

    /// Index of the file with a packet. There is always one file.
    fn of(&self, packet: PacketNo) -> usize {
        self.0.partition_point(|file| file.part.before < packet.0).saturating_sub(1)
    }
}
