//! One conversation as captures show it at their oddest, and TCP at its: begun in the middle, of one side only, cut by
//! the snap length, doubled, one direction late, with holes over headers.

use std::fmt::Write;

use wslog::model::{LinkType, SeqNo, TcpFlags};

use super::capture_file::Pcap;
use super::conversation::TestPacket;
use super::script::play;
use super::transform::{drop_acknowledged, rechop};

/// An exchange with enough messages to be known by, and how it closes. Packets 0 to 2 open TCP, 3 is the request, 4
/// the response.
pub const TALK: &str = "C: text subscribe to everything | S: text {\"tick\":1,\"price\":100} | S: text {\"tick\":2,\"price\":101} \
    | C: text thank you very much | S: ping are you there | C: pong are you there | S: text {\"tick\":3,\"price\":99} \
    | C: text enough of this now | C: close 1000 done | S: close 1000 done | S: fin | C: fin | S: ack";

const SHORT: &str = "C: text hi | S: text hi | C: close 1000 | S: close 1000 | S: fin | C: fin | S: ack";

/// A recording.
#[derive(Clone, Debug)]
pub struct Oddity {
    /// What is odd about it.
    pub name: String,
    /// Its packets, whole.
    pub packets: Vec<TestPacket>,
    /// Bytes of each payload that the recording has.
    pub keep: usize,
}

impl Oddity {
    fn new(name: impl Into<String>, packets: Vec<TestPacket>) -> Self {
        Self { name: name.into(), packets, keep: usize::MAX }
    }

    /// The recording as a file of raw IP packets.
    pub fn file(&self) -> Vec<u8> {
        let whole = Pcap { link: LinkType::RAW, ..Pcap::default() };
        // Headers of IPv4 and TCP as the builder writes them, without options.
        let headers = 40;
        let snap_len = u32::try_from(self.keep).map_or(whole.snap_len, |keep| headers + keep);
        Pcap { snap_len, ..whole }.write(&self.packets)
    }
}

/// All of them.
pub fn oddities() -> Vec<Oddity> {
    [
        begun_in_the_middle(),
        sides_missing(),
        cut(),
        doubled(),
        vec![out_of_step(false), out_of_step(true)],
        holes(),
        resets(),
        openings_and_ends(),
        ports_used_again(),
        two_legs(),
    ]
    .concat()
}

/// Whether the server sent it.
pub fn is_server(packet: &TestPacket) -> bool {
    packet.from.port() == 8080
}

/// The packets of one side, in their order.
pub fn only(packets: &[TestPacket], server: bool) -> Vec<TestPacket> {
    packets.iter().filter(|packet| is_server(packet) == server).cloned().collect()
}

/// The first packet that is so.
pub fn position(packets: &[TestPacket], is_so: impl Fn(&TestPacket) -> bool) -> usize {
    packets.iter().position(is_so).expect("there is such a packet")
}

/// Where the server's second tick stands.
pub fn tick(packets: &[TestPacket]) -> usize {
    position(packets, |p| p.payload.windows(8).any(|w| w == b"\"tick\":2"))
}

fn begun_in_the_middle() -> Vec<Oddity> {
    let talk = play(TALK, false);
    let mut all: Vec<_> = [
        ("without SYN", 1),
        ("with the request", 3),
        ("with the response", 4),
        ("with the first frame", 5),
        ("with the second", 6),
        ("in the middle", 8),
        ("with two frames that say enough", 12),
        ("with too little to be known by", 13),
        ("with nothing but the end", 14),
    ]
    .into_iter()
    .map(|(name, first)| Oddity::new(format!("begins {name}"), talk[first..].to_vec()))
    .collect();
    all.push(Oddity::new(
        "begins with two frames, no proof",
        play("C: text a | S: text b", false)[5..].to_vec(),
    ));
    let deflated = "C: c1 04 ca c8 04 00 | S: c1 04 ca c8 04 00 | C: c1 04 02 11 00 00 | C: text that was all of it \
        | C: text really all of it | S: text {\"bye\":true} | C: close 1000 | S: close 1000 | S: fin | C: fin";
    all.push(Oddity::new("begins with frames that may be compressed", play(deflated, true)[5..].to_vec()));
    all
}

fn sides_missing() -> Vec<Oddity> {
    let talk = play(TALK, false);
    vec![
        Oddity::new("client only", only(&talk, false)),
        Oddity::new("server only", only(&talk, true)),
        Oddity::new("client only, from the first frame", only(&talk[5..], false)),
        Oddity::new("server only, from the first frame", only(&talk[5..], true)),
        Oddity::new("without the response", drop_acknowledged(&talk, 4)),
        Oddity::new("without the request", drop_acknowledged(&talk, 3)),
        Oddity::new("without either", drop_acknowledged(&drop_acknowledged(&talk, 4), 3)),
    ]
}

fn cut() -> Vec<Oddity> {
    let cut =
        |keep| Oddity { keep, ..Oddity::new(format!("{keep} bytes of each payload"), play(TALK, false)) };
    vec![cut(2_000), cut(120), cut(60)]
}

fn doubled() -> Vec<Oddity> {
    let talk = play(TALK, false);
    let behind =
        |talk: &[TestPacket]| talk.iter().flat_map(|packet| [packet.clone(), packet.clone()]).collect();
    let later =
        talk.chunks(4).flat_map(|chunk| chunk.iter().chain(chunk).cloned().collect::<Vec<_>>()).collect();
    vec![
        Oddity::new("each packet twice", behind(&talk)),
        Oddity::new("each packet twice, four later", later),
        Oddity::new("each packet twice, with a reset", behind(&play("C: text x | S: rst", false))),
    ]
}

/// All of one side before the other, but for what opens TCP: else nothing tells which packets are of one connection.
fn out_of_step(late: bool) -> Oddity {
    let mut script = String::new();
    for n in 0..1_500 {
        let _ = write!(script, "C: text question number {n} | S: text answer number {n} | ");
    }
    script.push_str("C: close 1000 | S: close 1000 | S: fin | C: fin");
    let talk = play(&script, false);
    let (open, behind) = (only(&talk, late), only(&talk, !late));
    let packets = [&open[..1], &behind, &open[1..]].concat();
    Oddity::new(format!("the {}'s packets late", if late { "server" } else { "client" }), packets)
}

fn holes() -> Vec<Oddity> {
    let talk = play(TALK, false);
    let chopped = rechop(&talk, 24);
    let last = position(&talk, |p| p.payload.windows(8).any(|w| w == b"\"tick\":3"));
    let close = position(&talk, |p| is_server(p) && p.payload.first() == Some(&0x88));
    let inside =
        rechop(&play("S: 82 7e 02 00 55*512 | S: text on | C: close 1000 | S: close 1000", false), 100);
    let payload = position(&inside, |p| is_server(p) && p.payload.starts_with(&[0x55]));
    vec![
        Oddity::new("a hole over a frame", drop_acknowledged(&talk, tick(&talk))),
        Oddity::new("a hole over half a frame", drop_acknowledged(&chopped, tick(&chopped))),
        Oddity::new("a hole over the last message", drop_acknowledged(&talk, last)),
        Oddity::new("a hole over the Close", drop_acknowledged(&talk, close)),
        Oddity::new("a hole inside a payload", drop_acknowledged(&inside, payload)),
    ]
}

fn resets() -> Vec<Oddity> {
    let base = "C: text hi | S: text hi | ";
    let mut all: Vec<_> = [
        ("RST", "S: rst"),
        ("RST after the peer's FIN", "S: fin | C: rst"),
        ("RST after its own FIN", "S: fin | S: rst"),
        ("RST without acknowledgement number", "S: bare-rst"),
        ("RST from both sides", "S: rst | C: rst"),
        ("RST after both Closes", "C: close 1000 | S: close 1000 | C: rst"),
        ("RST after both FINs", "C: close 1000 | S: close 1000 | S: fin | C: fin | S: rst"),
    ]
    .into_iter()
    .map(|(name, script)| Oddity::new(name, play(&format!("{base}{script}"), false)))
    .collect();
    let talk = play(SHORT, false);
    let mut blind = talk[6].clone();
    (blind.flags, blind.payload) = (TcpFlags::RST, Vec::new());
    blind.seq = SeqNo(blind.seq.0.wrapping_add(1 << 31));
    all.push(Oddity::new("RST far from the window", [&talk[..7], &[blind], &talk[7..]].concat()));
    let mut told = play(&format!("{base}S: rst"), false);
    let last = told.last_mut().expect("an RST");
    last.payload = b"no such session".to_vec();
    all.push(Oddity::new("RST with text (RFC 9293 3.5.3)", told));
    let mut refused = talk[..2].to_vec();
    refused[1].flags = TcpFlags::RST.with(TcpFlags::ACK);
    refused[1].seq = SeqNo(0);
    all.push(Oddity::new("RST to the SYN", refused.clone()));
    all.push(Oddity::new("RST to the SYN, then tried again", [&refused[..], &talk].concat()));
    all
}

fn openings_and_ends() -> Vec<Oddity> {
    let talk = play(SHORT, false);

    let mut simultaneous = talk.clone();
    simultaneous[1].flags = TcpFlags::SYN;
    simultaneous[1].ack = None;
    let mut syn_ack = talk[0].clone();
    (syn_ack.flags, syn_ack.ack) = (TcpFlags::SYN.with(TcpFlags::ACK), talk[2].ack);
    simultaneous[2] = syn_ack;

    let mut fast = talk.clone();
    fast[0].payload = talk[3].payload.clone();
    fast[1].ack = fast[0].next_seq().into();
    fast.remove(3);

    let mut late = talk.clone();
    late[0].payload = talk[3].payload.clone();

    let fin = position(&talk, |p| is_server(p) && p.flags.has(TcpFlags::FIN));
    let mut with_data = talk[fin - 1].clone();
    with_data.flags = with_data.flags.with(TcpFlags::FIN);

    let keep_alive = |payload: &[u8]| {
        let mut probe = talk[6].clone();
        probe.seq = SeqNo(probe.next_seq().0.wrapping_sub(1));
        probe.payload = payload.to_vec();
        [&talk[..=6], &[probe], &talk[7..]].concat()
    };
    let mut probe = talk[7].clone();
    probe.payload.truncate(1);
    let mut urgent = talk.clone();
    urgent[5].flags = urgent[5].flags.with(TcpFlags::URG);

    vec![
        Oddity::new("as usual", talk.clone()),
        Oddity::new("both sides send a SYN", simultaneous),
        Oddity::new("data with the SYN (RFC 7413)", fast),
        Oddity::new("data with the SYN, sent again", late),
        Oddity::new("the FIN again", [&talk[..=fin], &talk[fin..]].concat()),
        Oddity::new(
            "the FIN with the data before it, twice",
            [&talk[..fin], &[with_data.clone()], &talk[fin + 1..], &[with_data]].concat(),
        ),
        Oddity::new("keep-alive without data", keep_alive(b"")),
        Oddity::new("keep-alive with a byte of no meaning", keep_alive(b"\0")),
        Oddity::new(
            "zero window probe: the next byte, then all",
            [&talk[..7], &[probe], &talk[7..]].concat(),
        ),
        Oddity::new("urgent data", urgent),
    ]
}

/// A box on the way makes up sequence numbers of its own, and both of its sides were captured.
fn two_legs() -> Vec<Oddity> {
    /// What the box adds to the numbers of each side.
    const MOVED: (u32, u32) = (0x3123_4567, 0x2abc_def0);

    let talk = play(TALK, false);
    let beyond = |packet: &TestPacket, (client, server): (u32, u32)| {
        let mut copy = packet.clone();
        let (own, peer) = if is_server(packet) { (server, client) } else { (client, server) };
        (copy.seq, copy.ack) = (copy.seq.plus(own), copy.ack.map(|ack| ack.plus(peer)));
        copy
    };
    // On its way in a segment has the numbers of its own side of the box, on its way out those of the other.
    let both = |packet: &TestPacket, moved| {
        let (near, far) = (packet.clone(), beyond(packet, moved));
        if is_server(packet) { [far, near] } else { [near, far] }
    };
    let opened = |moved, inside: bool| {
        let far = talk[..3].iter().map(|packet| beyond(packet, moved));
        let opening: Vec<_> = if inside {
            // The box opens TCP to the server once the client has opened it to the box.
            talk[..3].iter().cloned().chain(far).collect()
        } else {
            talk[..3].iter().flat_map(|packet| both(packet, moved)).collect()
        };
        opening
    };
    let all = |moved, inside| {
        let relayed = talk[3..].iter().flat_map(|packet| both(packet, moved));
        opened(moved, inside).into_iter().chain(relayed).collect::<Vec<_>>()
    };
    let (server, client) = ((0, MOVED.1), (MOVED.0, 0));
    let one_side = |inside| opened(server, inside).into_iter().chain(talk[3..].iter().cloned()).collect();
    let far_side = talk[3..].iter().map(|packet| beyond(packet, server));
    let reset = |moved| {
        let short = play("C: text hi | S: text hi | S: rst", false);
        let relayed = short[3..].iter().flat_map(|packet| both(packet, moved));
        opened(moved, true).into_iter().chain(relayed).collect::<Vec<_>>()
    };
    vec![
        Oddity::new("two legs of a SYN proxy", all(server, true)),
        Oddity::new("two legs of a box that moves the server's numbers", all(server, false)),
        Oddity::new("two legs of a box that moves the client's numbers", all(client, false)),
        Oddity::new("two legs of a box that moves all numbers", all(MOVED, false)),
        Oddity::new("two legs of a proxy that opens TCP anew", all(MOVED, true)),
        Oddity::new("two legs, of which one goes on", one_side(true)),
        Oddity::new(
            "two legs, of which the other goes on",
            opened(server, true).into_iter().chain(far_side).collect(),
        ),
        Oddity::new("two legs, reset", reset(server)),
    ]
}

fn ports_used_again() -> Vec<Oddity> {
    let first = play("C: text one | C: close 1000 | S: close 1000 | S: fin | C: fin", false);
    let second: Vec<TestPacket> = first
        .iter()
        .map(|packet| {
            let [by, other] =
                if is_server(packet) { [77_000_000, 99_000_000] } else { [99_000_000, 77_000_000] };
            let ack = packet.ack.map(|ack| ack.plus(other));
            TestPacket { seq: packet.seq.plus(by), ack, ..packet.clone() }
        })
        .collect();
    let cut_short = &first[..first.len() - 3];
    vec![
        Oddity::new("ports used again", [&first[..], &second].concat()),
        Oddity::new("ports used again before the end", [cut_short, &second].concat()),
    ]
}
