use crate::knowledge::guides::{Guide, GuidePart, GuideWay};

pub(super) const GUIDE: Guide =
    Guide { name: "recipes", about: "common tasks, a command each", parts: &[FIND, SEE, SHARE, RUNS, TAKE] };

const fn way(of: &'static str, text: &'static str, lines: &'static [&'static str]) -> GuideWay {
    GuideWay { of, text, lines, source: "" }
}

const FIND: GuidePart = GuidePart {
    title: "Find it",
    text: &[],
    ways: &[
        way(
            "one bad of many",
            "The most serious kinds of end come first, each with its count and an example, then the worst connections \
             in full. The second command lists only those that did not end cleanly; the third shows one in full.",
            &[
                "wslog inspect capture.pcap",
                "wslog list --outcome unclean capture.pcap",
                "wslog inspect --connection 2 --frames all capture.pcap",
            ],
        ),
        way(
            "both ends, or both sides of a proxy",
            "The client says the server closed, the server says the client did: captures of both, or of a proxy's host, \
             are put together, through NAT and TLS with keys too. The story with both sides comes first; journeys in JSON has \
             who ended the whole way, what was lost or forged between, and how far the clocks differ. An Autobahn case and the \
             capture of its run are compared the same way.",
            &[
                "wslog inspect client.pcap server.pcap",
                "wslog inspect --format json client.pcap proxy.pcap server.pcap | jq '.journeys[] | {legs, by, text}'",
            ],
        ),
        way(
            "everything from one host",
            "By the Host of the request, by its path, or by an address. Several options must all hold; wslog help \
             filters lists them.",
            &[
                "wslog list --host api.example.com capture.pcap",
                "wslog inspect --host '*.example.com' --path '/chat*' --since 00:00 --until 23:59 capture.pcap",
                "wslog list --client 192.0.2.0/24 --server :8080 capture.pcap",
            ],
        ),
        way(
            "a CSV of all 1006",
            "1006 is never sent: --code also finds the connections of which a side was told so. The columns are always \
             the same.",
            &["wslog list --code 1006 --format csv -o 1006.csv captures/"],
        ),
    ],
};

const SEE: GuidePart = GuidePart {
    title: "See it",
    text: &[],
    ways: &[
        way(
            "all frames of one connection",
            "Or only its control frames, with dates; as rows for other programs with --format csv or ndjson.",
            &[
                "wslog frames --connection 2 capture.pcap",
                "wslog frames --connection 2 --type close,ping,pong --time absolute capture.pcap",
            ],
        ),
        way(
            "the text of messages",
            "A conversation of both sides, or the messages that match. A message is put together from its frames, \
             unmasked and inflated. To get a large one whole, write it to a file. Secrets are hidden unless you say \
             --no-redact.",
            &[
                "wslog messages --follow 2 capture.pcap",
                "wslog messages --match '(?i)hello' --from client --payload full capture.pcap",
                "wslog messages --min-bytes 1000000 --extract big/ capture.pcap",
            ],
        ),
        way(
            "the packets for a ticket",
            "A capture of the selected connections alone, with comments that Wireshark shows. TLS that was decrypted is \
             in plain there, or goes along with its keys. --payload none leaves the payloads of messages out, --anonymize names as well.",
            &[
                "wslog inspect --connection 2 --slice ticket.pcapng capture.pcap",
                "wslog inspect --connection 2 --slice no-data.pcapng --payload none capture.pcap",
                "wslog inspect --connection 2 --slice no-names.pcapng --anonymize capture.pcap",
                "wslog inspect --connection 2 --slice keys.pcapng --with-keys --keylog keys.log capture.pcap",
            ],
        ),
    ],
};

const SHARE: GuidePart = GuidePart {
    title: "Hand it on",
    text: &[],
    ways: &[way(
        "a report without names",
        "Others stand for addresses, hosts, ids, tokens and names, the same wherever they stand, and payloads are left out. \
         A secret file of your own as key (--anonymize-key) gives several recordings the same names. Read Close reasons \
         before you attach it: they are free text.",
        &["wslog inspect --anonymize capture.pcap", "wslog list --anonymize --format csv capture.pcap"],
    )],
};

const RUNS: GuidePart = GuidePart {
    title: "While it runs, and in a gate",
    text: &[],
    ways: &[
        way(
            "live, beside a running server",
            "Each connection is reported as soon as it is over; Ctrl-C ends the capture and prints the totals. \
             wslog explain capture says where and how to capture.",
            &["tcpdump -U -i any -w - port 8080 | wslog inspect --live -"],
        ),
        way(
            "a gate in CI",
            "A workflow of GitHub Actions, with a checkout of wslog in tools/wslog: record while the tests run, then \
             fail on any MUST that was broken or any unclean end. Exit status 1 is a finding, 2 an input that could not \
             be read; with nothing to judge it is 1 too.",
            &[
                "# .github/workflows/websocket.yml",
                "on: [push, pull_request]",
                "jobs:",
                "  websocket:",
                "    runs-on: ubuntu-latest",
                "    steps:",
                "      - uses: actions/checkout@v5",
                "      - run: cargo install --locked --path tools/wslog",
                "      - run: sudo tcpdump -i lo -s 0 -U -w - port 8080 > capture.pcap & sleep 2",
                "      - run: npm test",
                "      - if: always()",
                "        run: |",
                "          sudo pkill -INT tcpdump; sleep 1",
                "          wslog inspect --fail-on must capture.pcap",
                "      - if: failure()",
                "        uses: actions/upload-artifact@v4",
                "        with: { name: capture, path: capture.pcap }",
            ],
        ),
        way(
            "a gate on an Autobahn run",
            "The first command makes a policy of a run that is good enough, and says what it wrote; wslog check --help \
             shows what else a policy can say. The second is the gate, with annotations and JUnit. The third compares \
             with an earlier run: it fails on a worse verdict, a case that is gone, or a run that contradicts itself, \
             unless the change is accepted.",
            &[
                "wslog check --policy policy.toml --update reports/",
                "wslog check --policy policy.toml --format github --also junit=junit.xml reports/",
                "wslog diff --accept accepted.toml --format markdown before/ reports/",
            ],
        ),
        way(
            "gates on Autobahn in a line",
            "By the behavior alone; what is not implemented passes, and a strict close; all cases of the suite, for one \
             agent; equal to a list of expected results. reports/ may hold clients and servers: an agent is judged in \
             each role.",
            &[
                "wslog check --allow non-strict,informational,any-close reports/",
                "wslog check --allow non-strict,informational,unimplemented reports/",
                "wslog check --agent alpha --case '*' --skip 12.*,13.* reports/",
                "wslog diff --fail-on any autobahn/expected-results.json reports/",
            ],
        ),
        way(
            "A ticket for an issue",
            "Markdown with the cause, both sides, a diagram of the end and the evidence folded. Payloads are left out unless --payload \
             preview asks for them, secrets and paths always; --details tells more.",
            &[
                "wslog inspect --format markdown --connection 7 capture.pcap > ticket.md",
                "wslog inspect --format markdown client.pcap server.pcap > ticket.md",
            ],
        ),
        way(
            "an Autobahn run of which only a capture is left",
            "Capture the port of the tester's connections from before the first case to behind the last; TLS needs the keys. \
             The index has both verdicts of each case, by the rules of the suite, and no verdict where the wire does \
             not tell; on standard error stands why. Give --agent names where a server is called otherwise there.",
            &[
                "wslog inspect --format autobahn-index -o index.json run.pcap",
                "wslog check index.json",
                "wslog diff --agent mylib/1.4=mylib/1.5 before/ index.json",
            ],
        ),
        way(
            "Autobahn in a workflow",
            "The action that comes with wslog judges a run, writes the summary of the step and annotations, and uploads \
             JUnit. example.yml beside it is a workflow that runs the testsuite, too.",
            &[
                "- if: ${{ !cancelled() }}",
                "  uses: ./tools/wslog/.github/actions/autobahn",
                "  with:",
                "    reports: reports",
                "    policy: autobahn/policy.toml",
            ],
        ),
        way(
            "a report of an old suite",
            "Cases and verdicts have changed from one version of the Autobahn Testsuite to the next. The opening handshake in the \
             report tells which it was; where it is missing, say so yourself.",
            &["wslog inspect -q --suite 0.7.5 reports/", "wslog explain 7.9.6 --suite 0.7.5"],
        ),
    ],
};

const TAKE: GuidePart = GuidePart {
    title: "Take it along",
    text: &[
        "Every field is described in wslog-json(5), in short by wslog help json, and for validators by wslog man \
         --schema.",
    ],
    ways: &[
        way(
            "with jq",
            "One object per connection, while the capture is read; or the whole document.",
            &[
                "wslog list --format ndjson capture.pcap | jq -r 'select(.must > 0) | [.id, .cause, .host] | @tsv'",
                "wslog inspect --format json capture.pcap | jq -r '.connections[] | .id + \": \" + .closing.summary'",
            ],
        ),
        way(
            "with DuckDB",
            "Or any other database or spreadsheet that reads CSV.",
            &[
                "wslog list --format csv -o list.csv captures/",
                "duckdb -c \"SELECT cause, count(*) AS n FROM 'list.csv' GROUP BY cause ORDER BY n DESC\"",
            ],
        ),
        way(
            "as a library, in ten lines of Rust",
            "Cargo.toml: wslog = { version = \"0.1\", default-features = false }. What wslog inspect does is one call; \
             the first page of cargo doc says more.",
            &[
                "use wslog::{engine, limits::Limits, views::summary};",
                "",
                "fn main() -> Result<(), wslog::error::Error> {",
                "    let mut sink = engine::each(|conversation| {",
                "        println!(\"{}\", summary::sentences(conversation).join(\" \"));",
                "    });",
                "    engine::Engine::new(Limits::DEFAULT).sink(&mut sink).run(&[\"capture.pcap\"])?;",
                "    Ok(())",
                "}",
            ],
        ),
    ],
};
