//! What one of the recordings missed, though it crossed its point: that is neither lost, nor forged, nor does it make anybody first.

use super::*;

const OTHERS: &str = "same_connection client proven: client#2 server#2";

/// Without some packets of one recording: those of `from` that `is_missed` names.
fn missing(packets: &[TestPacket], is_missed: impl Fn(&TestPacket) -> bool) -> Vec<TestPacket> {
    let kept: Vec<TestPacket> = packets.iter().filter(|packet| !is_missed(packet)).cloned().collect();
    assert!(kept.len() < packets.len(), "something is missed");
    kept
}

fn is_from(packet: &TestPacket, side: Side) -> bool {
    (packet.from == CLIENT.parse().expect("an address and a port")) == (side == Client)
}

/// A chat that the server closes and the client answers; TCP is ended by the server.
fn closed_by_server() -> Vec<TestPacket> {
    let mut talk = Talk::new(CLIENT, SERVER);
    chat(&mut talk).send(Server, Frame::close(1001, "")).send(Client, Frame::close(1001, ""));
    talk.end_tcp(Server).packets()
}

#[test]
fn an_end_that_one_recording_missed() {
    let check_end = |case: &str, missed_at: usize, by: Side| {
        let between = Between::default();
        let mut near = between.both(&closed_by_server());
        near[missed_at] =
            missing(&near[missed_at], |packet| is_from(packet, by) && packet.flags.has(TcpFlags::FIN));
        let heard = journeys(case, &going_on(near, &between));
        let told: Vec<String> = heard.journeys.iter().map(line).collect();
        assert!(told[0].starts_with("same_connection server ") && told[1] == OTHERS, "{case}: {told:?}");
        for what in ["forged", "lost"] {
            assert!(!told[0].contains(what), "{case}: {told:?}");
        }
    };
    check_end("its own FIN at the server", 1, Server);
    check_end("its own FIN at the client", 0, Client);
    check_end("FIN of the server at the client", 0, Server);
    check_end("FIN of the client at the server", 1, Client);
}

#[test]
fn frames_that_one_recording_missed() {
    let check_frame = |case: &str, missed_at: usize, by: Side| {
        let between = Between::default();
        let mut near = between.both(&closed_by_server());
        let of_side = |packet: &TestPacket| is_from(packet, by) && !packet.payload.is_empty();
        let last = near[missed_at].iter().rev().find(|packet| of_side(packet)).expect("a Close").seq;
        near[missed_at] = missing(&near[missed_at], |packet| of_side(packet) && packet.seq == last);
        let heard = journeys(case, &going_on(near, &between));
        let told: Vec<String> = heard.journeys.iter().map(line).collect();
        assert!(told[0].starts_with("same_connection server ") && told[1] == OTHERS, "{case}: {told:?}");
        assert!(!told[0].contains("lost"), "{case}: {told:?}");
    };
    check_frame("Close of the client at the server", 1, Client);
    check_frame("Close of the server at the client", 0, Server);
    check_frame("its own Close at the client", 0, Client);
    check_frame("its own Close at the server", 1, Server);
}

/// Nothing in its header tells it from the server's own: the server may have sent it, and its recording missed it.
#[test]
fn an_rst_that_one_recording_may_have_missed() {
    let mut talk = Talk::new(CLIENT, SERVER);
    let packets = chat(&mut talk).ack(Client).reset(Server).packets();
    let between = Between::default();
    let mut near = between.both(&packets);
    near[1] = missing(&near[1], |packet| packet.flags.has(TcpFlags::RST));
    let heard = journeys("RST missed", &going_on(near, &between));
    let told = line(&heard.journeys[0]);
    assert!(told.starts_with("same_connection between undetermined: client#1 server#1"), "{told}");
    assert!(!told.contains("forged"), "{told}");
}

/// A recording that was stopped sooner does not show that a Close was lost.
#[test]
fn a_recording_that_ends_before_the_close() {
    let [near, far] = Between::default().both(&closed());
    let until = far.iter().position(|packet| packet.flags.has(TcpFlags::FIN)).expect("a FIN") - 3;
    let heard = journeys("stopped sooner", &files([near, far[..until].to_vec()]));
    let told = line(&heard.journeys[0]);
    assert!(told.starts_with("same_connection client ") && !told.contains("lost"), "{told}");
}

/// Behind a translation of addresses the identification of IPv4 may be gone.
#[test]
fn identifications_at_one_point_only() {
    let [near, far] = Between::default().both(&closed());
    let far = far.into_iter().map(|mut packet| {
        packet.header.ip_id = Some(0);
        packet
    });
    check("no identifications", &files([near, far.collect()]), &[AGREED]);
}

/// As tools write that join recordings without sorting them.
#[test]
fn packets_out_of_their_order() {
    let mut talk = Talk::new(CLIENT, SERVER);
    chat(&mut talk).pause(5_000).send(Client, Frame::close(1000, "")).ack(Server);
    let between = Between::default();
    let [near, mut far] = between.both(&talk.packets());
    let [here, there] = around(60, &between);
    // The last two stand behind the opening handshake.
    far[6..].rotate_right(2);
    far.extend(there);
    let heard = journeys("unsorted", &files([merge([near, here]), far]));
    let told = line(&heard.journeys[0]);
    assert!(!told.contains("between"), "{told}");
}

/// Two connections that a broken client opens one after the other with one key were not passed on one on the other.
#[test]
fn one_key_twice() {
    let key = Talk::new(CLIENT, SERVER).upgrade();
    let talks = (0..2).map(|n: u16| {
        let mut talk = Talk::new(&format!("192.0.2.10:{}", 50_001 + n), SERVER)
            .starting_after(i64::from(n) * 400)
            .with_isns(1_000 + u32::from(n), 2_000 + u32::from(n));
        talk.open_with(&key).send(Client, Frame::text("same")).send(Server, Frame::text("same"));
        talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, ""));
        talk.end_tcp(Server).packets()
    });
    check("one key twice", &[("client", pcap(&merge(talks)))], &[]);
}

/// In IPv6 nothing names a packet: that one was recorded twice shows by its time.
#[test]
fn packets_recorded_twice_without_identifications() {
    let unnamed = |packets: Vec<TestPacket>| {
        packets.into_iter().map(|mut packet| {
            packet.header.ip_id = None;
            packet
        })
    };
    let between = Between::default();
    let [near, far] = between.both(&closed());
    let again =
        |packet: TestPacket| [packet.clone(), TestPacket { at_ns: packet.at_ns + 2_000, ..packet.clone() }];
    let far: Vec<TestPacket> = unnamed(far).flat_map(again).collect();
    let heard = journeys("unnamed twice", &going_on([unnamed(near).collect(), far], &between));
    let told = &heard.journeys[0];
    assert!(line(told).starts_with(AGREED) && !told.text.contains("did not arrive"), "{}", told.text);
}
