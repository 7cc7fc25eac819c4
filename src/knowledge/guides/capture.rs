use crate::knowledge::guides::{Guide, GuidePart, GuideWay};

pub(super) const GUIDE: Guide = Guide {
    name: "capture",
    about: "where and how to record WebSocket connections",
    parts: &[WHERE, HOW, CLUSTER, LONG, READS, NOT],
};

const fn way(
    of: &'static str,
    text: &'static str,
    lines: &'static [&'static str],
    source: &'static str,
) -> GuideWay {
    GuideWay { of, text, lines, source }
}

const TCPDUMP: &str = "https://www.tcpdump.org/manpages/tcpdump.1.html";

const DUMPCAP: &str = "https://www.wireshark.org/docs/man-pages/dumpcap.html";

const WHERE: GuidePart = GuidePart {
    title: "Where",
    text: &[
        "As near as possible to the side whose behaviour is in question, and where the traffic is in the clear: behind \
         the proxy that terminates TLS. On one side only, a recording cannot show whether the other side sent an RST or \
         a FIN itself or something on the path did. Record at both ends, or before and behind a proxy, and give wslog both \
         captures: it finds the connections that belong together, however far the clocks are apart, and says what was \
         lost or forged between them, and who ended it. On a proxy's host one recording of all interfaces has \
         both hops.",
        "Start before the connection is opened: without the opening handshake wslog recognises frames by one another, \
         but proves nothing. Stop a few seconds after it has ended, so that the end of TCP is in the recording.",
    ],
    ways: &[],
};

const HOW: GuidePart = GuidePart {
    title: "How",
    text: &[
        "Whole packets (-s 0), or payloads are missing; a filter on the port keeps the file small. wslog finds \
         WebSocket on any port, so do not filter on anything finer than addresses and ports: filters on TCP flags or \
         lengths remove what the explanation needs.",
    ],
    ways: &[
        way(
            "tcpdump",
            "any is every interface, also those of containers on the host; lo is a server on the same machine. -U \
             writes each packet at once. On many systems tcpdump gives up its rights before it opens the FILE \
             of -w, and then may not write there; here the shell opens it.",
            &["sudo tcpdump -i any -s 0 -U -w - port 8080 > capture.pcap", "wslog inspect capture.pcap"],
            TCPDUMP,
        ),
        way(
            "live",
            "Nothing is written to disk; each connection is reported when it is over.",
            &["sudo tcpdump -i any -s 0 -U -w - port 8080 | wslog inspect --live -"],
            TCPDUMP,
        ),
        way(
            "on another machine",
            "Through ssh; leave out the port of ssh itself.",
            &["ssh host sudo tcpdump -i any -s 0 -U -w - port 8080 | wslog inspect --live -"],
            TCPDUMP,
        ),
        way(
            "Wireshark",
            "Capture with the filter tcp port 8080, save as pcapng. Of a capture that is already there, File, Export \
             Specified Packets with the display filter tcp.port == 8080 makes a smaller one. The packet numbers in a \
             report of wslog are those of the file.",
            &[],
            "https://www.wireshark.org/docs/wsug_html_chunked/ChIOExportSection.html",
        ),
        way(
            "Docker",
            "In the network of the container, with an image that has tcpdump.",
            &[
                "docker run --rm --net container:NAME nicolaka/netshoot tcpdump -i any -s 0 -U -w - port 8080 > capture.pcap",
            ],
            "https://docs.docker.com/engine/network/",
        ),
    ],
};

const CLUSTER: GuidePart = GuidePart {
    title: "Kubernetes",
    text: &[
        "In the pod of the server, behind the ingress, traffic is often in the clear. A packet that is seen on several \
         interfaces, or inside and outside of a tunnel, is one packet to wslog.",
    ],
    ways: &[
        way(
            "an ephemeral container",
            "It shares the network of the pod, and stays there for an hour. tcpdump needs the capability NET_RAW, which \
             the profile netadmin adds. exec, unlike attaching, loses nothing of the beginning.",
            &[
                "kubectl debug POD -c sniff --image=nicolaka/netshoot --profile=netadmin -- sleep 3600",
                "kubectl exec POD -c sniff -- tcpdump -i any -s 0 -U -w - port 8080 > capture.pcap",
            ],
            "https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/",
        ),
        way(
            "tcpdump in the pod",
            "If the image has it.",
            &["kubectl exec POD -- tcpdump -i any -s 0 -U -w - port 8080 | wslog inspect --live -"],
            "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_exec/",
        ),
        way(
            "ksniff",
            "A plugin of kubectl that brings its own tcpdump.",
            &["kubectl sniff POD -f 'port 8080' -o capture.pcap"],
            "https://github.com/eldadru/ksniff",
        ),
    ],
};

const LONG: GuidePart = GuidePart {
    title: "For hours or days",
    text: &[
        "A ring of files keeps the last ones only. wslog reads them as one capture in order of time: name them one by \
         one or by their directory. Connections go on from file to file.",
    ],
    ways: &[
        way(
            "a ring",
            "10 files of 100 MB, in a directory that the user tcpdump may write to (or with -Z root); the second keeps an \
             hour in files of five minutes.",
            &[
                "sudo tcpdump -i any -s 0 -C 100 -W 10 -Z root -w ring/part.pcap port 8080",
                "dumpcap -i any -b duration:300 -b files:12 -w ring/part.pcapng -f 'port 8080'",
                "wslog inspect ring/",
            ],
            TCPDUMP,
        ),
        way(
            "lost packets",
            "tcpdump says at its end how many the kernel dropped; dumpcap writes it into the pcapng, where wslog reads \
             it. A larger buffer (-B, in KiB with tcpdump, in MiB with dumpcap) helps, and so does a filter.",
            &["sudo tcpdump -i any -s 0 -B 65536 -w - port 8080 > capture.pcap"],
            DUMPCAP,
        ),
        way(
            "compressed",
            "gzip, zstd, lz4, xz and bzip2 are read as they are.",
            &["gzip capture.pcap", "wslog inspect capture.pcap.gz"],
            "",
        ),
    ],
};

const READS: GuidePart = GuidePart {
    title: "What wslog reads",
    text: &[
        "Files, directories and - for standard input. The first bytes decide what an input is, not its name.",
    ],
    ways: &[
        way(
            "files",
            "pcap (µs, ns, both byte orders) and pcapng (several sections and interfaces, every time resolution), \
             plain or inside gzip, zstd, lz4, xz or bzip2, of one member or many. A file that is cut or damaged is \
             read as far as it goes.",
            &[],
            "",
        ),
        way(
            "rotated files",
            "Files are one capture if they have one format and link type and each begins when the one before has \
             ended, within an hour. Those that overlap or have the same packets, like recordings of both ends, are read \
             each on its own, and compared with each other. --joined and --apart decide otherwise.",
            &[],
            "",
        ),
        way(
            "a pipe",
            "Results come when it ends, or at Ctrl-C, for what was read by then; with --live as connections end. A \
             second Ctrl-C quits.",
            &[],
            "",
        ),
        way(
            "link types",
            "Ethernet, Linux cooked captures (SLL, SLL2), BSD loopback, raw IP, PPP in all its framings, NFLOG, 802.11 \
             bare or behind radiotap, PPI, Prism and AVS (with A-MSDU), MPLS, PKTAP, PFLOG, ENC, FDDI, Token Ring, \
             Frame Relay, ATM, Fibre Channel, InfiniBand, FireWire, Juniper Ethernet; several in one file.",
            &[],
            "",
        ),
        way(
            "tags and labels",
            "VLAN tags, MPLS labels and pseudowires, PPPoE, LLC/SNAP, PBB, VN-tag, E-TAG, HSR, R-TAG, Cisco metadata, \
             TRILL, FabricPath, NSH. They do not tell connections apart.",
            &[],
            "",
        ),
        way(
            "tunnels",
            "One in another up to 16: GRE (NVGRE, PPTP, ERSPAN I to III, 802.11, WCCP, Frame Relay), VXLAN, Geneve, \
             GTP-U, IP in IP, Ethernet and MPLS in IP, MPLS and GRE in UDP, L2TP (2, 3), LISP, GUE, Teredo, AYIYA, \
             CAPWAP, TZSP, AH.",
            &[],
            "",
        ),
        way(
            "IP and TCP",
            "IPv4 and IPv6 with extension headers, in fragments or whole; segmentation-offload packets; wrong \
             checksums; segments lost, overlapping or out of order.",
            &[],
            "",
        ),
        way(
            "WebSocket",
            "Over HTTP/1.1 on any port, after other requests on the same connection or through a CONNECT tunnel, in \
             the clear or under TLS with keys. Over HTTP/2 (RFC 8441), in the clear (the client's preface, or an \
             upgrade to h2c) or under TLS: each stream that asks for WebSocket is a connection of its own. HTTP/2 \
             compresses headers by what came before: in a capture begun in the middle of a connection, or behind a gap \
             in it, headers are read as far as they do not refer to that, and the rest is null. Captures begun in the middle, or of one side only: frames are \
             recognised by one another, the handshake is assumed (HS-ASSUMED), and nothing is proven from there on. \
             Connections that TCP refused or did not answer, to a server that carried WebSocket before in the \
             capture; --connects reports all.",
            &[],
            "",
        ),
        way(
            "Autobahn reports",
            "A case as JSON, as HTML page, or as the text of that page pasted into a file; a directory of cases. Text \
             that mail, a tracker, a log or a converter has changed is read where it is certain what it says. The \
             wire log goes through the same checks as a capture, and the verdict is worked out again.",
            &[],
            "",
        ),
    ],
};

const NOT: GuidePart = GuidePart {
    title: "What wslog does not read",
    text: &[
        "HTTP/3, which can carry WebSocket (RFC 9220) and is named where it is seen (QUIC on UDP port 443, Alt-Svc); TLS without keys (what shows of it is reported), what is encrypted below TCP (802.11, \
         MACsec, ESP, WireGuard, OpenVPN, DTLS of CAPWAP), fragments of 802.11 and CAPWAP, compressed PPP and IP, FOU. \
         What could not be decoded is counted and shown as odd.",
    ],
    ways: &[],
};
