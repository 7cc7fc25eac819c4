//! Gates over Autobahn runs as projects have published them, each rebuilt as what it asks of an index, beside the policy and
//! the options of `wslog check` (or the options of `wslog diff`) that ask the same.

use std::collections::BTreeMap;

use serde_json::Value;

/// Behavior and close by agent and case.
pub type Index = BTreeMap<String, BTreeMap<String, [String; 2]>>;

/// What a gate is written for: a run that was found good, with the agents and cases that it knows by name.
pub struct Known {
    pub good: Index,
}

impl Known {
    pub fn agents(&self) -> Vec<&str> {
        self.good.keys().map(String::as_str).collect()
    }

    /// How many cases they ran.
    pub fn total(&self) -> usize {
        count(&self.good)
    }

    /// The cases that are known to fail, as a gate keeps them: agent, case.
    fn failing(&self) -> Vec<(&str, &str)> {
        failing(&self.good)
    }
}

/// An index as `index.json` has it.
pub fn index(json: &Value) -> Index {
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let cases = |cases: &Value| {
        let entry = |(id, entry): (&String, &Value)| {
            (id.clone(), [word(entry, "behavior"), word(entry, "behaviorClose")])
        };
        cases.as_object().expect("cases").iter().map(entry).collect()
    };
    json.as_object().expect("agents").iter().map(|(agent, of)| (agent.clone(), cases(of))).collect()
}

/// A gate over one run.
pub struct Gate {
    /// Who has it.
    pub name: &'static str,
    /// Options of `wslog check`; `AGENTS` stands for those that judge the known agents only, `TOTAL` for how many cases they ran.
    pub options: &'static str,
    /// The same as a policy; besides, `CASES` stands for the known cases, `XFAIL` for those that fail.
    pub policy: &'static str,
    /// Whether the gate lets the run pass.
    pub passes: fn(&Index, &Known) -> bool,
}

fn count(index: &Index) -> usize {
    index.values().map(BTreeMap::len).sum()
}

fn all(index: &Index, passes: impl Fn(&str, &str, &str) -> bool) -> bool {
    index.values().flatten().all(|(id, [behavior, close])| passes(id, behavior, close))
}

/// A gate that has the names of its agents in it, and fails where one is not there.
fn of_known(index: &Index, known: &Known, passes: impl Fn(&str, &str, &str) -> bool) -> bool {
    known.agents().into_iter().all(|agent| {
        let cases = index.get(agent);
        cases.is_some_and(|cases| cases.iter().all(|(id, [behavior, close])| passes(id, behavior, close)))
    })
}

fn failing(index: &Index) -> Vec<(&str, &str)> {
    let cases = index.iter().flat_map(|(agent, cases)| cases.iter().map(move |(id, said)| (agent, id, said)));
    let fails = cases.filter(|(_, _, said)| !LENIENT.contains(&said[0].as_str()));
    fails.map(|(agent, id, _)| (agent.as_str(), id.as_str())).collect()
}

const LENIENT: [&str; 3] = ["OK", "NON-STRICT", "INFORMATIONAL"];
const FINE: [&str; 2] = ["OK", "INFORMATIONAL"];

/// The sixteen, but for those that compare two runs ([`COMPARING`]) and the one that reads case files.
pub const GATES: &[Gate] = &[
    Gate {
        name: "aiohttp: the close of each case of its own agent",
        options: "AGENTS --allow any-behavior,informational",
        policy: "agents = AGENTS\n[pass]\nbehavior = [\"*\"]\nclose = [\"OK\", \"INFORMATIONAL\"]",
        passes: |index, known| of_known(index, known, |_, _, close| FINE.contains(&close)),
    },
    Gate {
        name: "cws: the behavior of each case of its own agent",
        options: "AGENTS --allow non-strict,informational,any-close",
        policy: "agents = AGENTS\n[pass]\nbehavior = [\"OK\", \"NON-STRICT\", \"INFORMATIONAL\"]\nclose = [\"*\"]",
        passes: |index, known| of_known(index, known, |_, behavior, _| LENIENT.contains(&behavior)),
    },
    Gate {
        name: "beast and rippled: behavior and close, what is not implemented passes",
        options: "--allow unimplemented,informational",
        policy: "[pass]\nbehavior = [\"OK\", \"UNIMPLEMENTED\", \"INFORMATIONAL\"]\nclose = [\"OK\", \"INFORMATIONAL\"]",
        passes: |index, _| {
            all(index, |_, behavior, close| {
                ["OK", "UNIMPLEMENTED", "INFORMATIONAL"].contains(&behavior) && FINE.contains(&close)
            })
        },
    },
    Gate {
        name: "libwebsockets: lines whose behavior is none of three",
        options: "--allow non-strict,informational,any-close",
        policy: "[pass]\nbehavior = [\"OK\", \"NON-STRICT\", \"INFORMATIONAL\"]\nclose = [\"*\"]",
        passes: |index, _| all(index, |_, behavior, _| LENIENT.contains(&behavior)),
    },
    Gate {
        name: "akka-http: no behavior that begins with fail",
        options: "--allow non-strict,informational,unimplemented,any-close",
        policy: "[pass]\nbehavior = [\"OK\", \"NON-STRICT\", \"INFORMATIONAL\", \"UNIMPLEMENTED\"]\nclose = [\"*\"]",
        passes: |index, _| all(index, |_, behavior, _| !behavior.to_lowercase().starts_with("fail")),
    },
    Gate {
        name: "vlang: FAILED in neither",
        options: "--allow non-strict,informational,unimplemented,failed-by-client,wrong-code,unclean",
        policy: "[pass]\nbehavior = [\"OK\", \"NON-STRICT\", \"INFORMATIONAL\", \"UNIMPLEMENTED\"]\nclose = [\"OK\", \"INFORMATIONAL\", \"FAILED BY CLIENT\", \"WRONG CODE\", \"UNCLEAN\"]",
        passes: |index, _| all(index, |_, behavior, close| behavior != "FAILED" && close != "FAILED"),
    },
    Gate {
        name: "neton-websocket: what is not implemented passes in 12 and 13 alone; a report must be there",
        options: "",
        policy: "expect.agents = AGENTS\n[pass]\nbehavior = [\"OK\", \"NON-STRICT\", \"INFORMATIONAL\"]\nclose = [\"*\"]\n[[allow]]\ncases = [\"12.*\", \"13.*\"]\nbehavior = [\"UNIMPLEMENTED\"]",
        passes: |index, known| {
            let is_deflate = |id: &str| id.starts_with("12.") || id.starts_with("13.");
            known.agents().iter().all(|agent| index.contains_key(*agent))
                && all(index, |id, behavior, _| {
                    LENIENT.contains(&behavior) || (behavior == "UNIMPLEMENTED" && is_deflate(id))
                })
        },
    },
    Gate {
        name: "check_results.py: so many cases, both verdicts",
        options: "--expect-total TOTAL --allow non-strict,informational",
        policy: "expect.total = TOTAL\n[pass]\nbehavior = [\"OK\", \"NON-STRICT\", \"INFORMATIONAL\"]\nclose = [\"OK\", \"INFORMATIONAL\"]",
        passes: |index, known| {
            count(index) == known.total()
                && all(index, |_, behavior, close| LENIENT.contains(&behavior) && FINE.contains(&close))
        },
    },
    Gate {
        name: "a drift check: exact totals, informational in three cases alone",
        options: "--expect-total TOTAL",
        policy: "expect.total = TOTAL",
        passes: |index, known| {
            count(index) == known.total()
                && all(index, |id, behavior, close| {
                    let is_informational = ["7.1.6", "7.13.1", "7.13.2"].contains(&id);
                    [behavior, close]
                        .iter()
                        .all(|said| *said == "OK" || (is_informational && *said == "INFORMATIONAL"))
                })
        },
    },
    Gate {
        name: "EXPECTED_FAILURES: what fails is what is known to, and all ran",
        options: "",
        policy: "expect.total = TOTAL\n[pass]\nbehavior = [\"OK\", \"NON-STRICT\", \"INFORMATIONAL\"]\nclose = [\"*\"]\nXFAIL",
        passes: |index, known| failing(index) == known.failing() && count(index) == known.total(),
    },
    Gate {
        name: "prado-websockets: four words fail, and so does a run without cases",
        options: "--allow non-strict,informational,unimplemented",
        policy: "[pass]\nbehavior = [\"OK\", \"NON-STRICT\", \"INFORMATIONAL\", \"UNIMPLEMENTED\"]\nclose = [\"OK\", \"INFORMATIONAL\"]",
        passes: |index, _| {
            let fails = |said: &str| ["FAILED", "WRONG CODE", "UNCLEAN", "FAILED BY CLIENT"].contains(&said);
            index.values().any(|cases| !cases.is_empty()) && all(index, |_, b, c| !fails(b) && !fails(c))
        },
    },
    Gate {
        name: "BlackBull: the same set of cases",
        options: "",
        policy: "expect.agents = AGENTS\nexpect.cases = CASES\n[pass]\nbehavior = [\"*\"]\nclose = [\"*\"]",
        passes: |index, known| {
            known
                .good
                .iter()
                .all(|(agent, good)| index.get(agent).is_some_and(|cases| cases.keys().eq(good.keys())))
        },
    },
    Gate {
        name: "curlws and phantom: rows that are not green, without 12 and 13",
        options: "--skip 12.*,13.* --allow non-strict,informational,wrong-code,failed-by-client",
        policy: "skip = [\"12.*\", \"13.*\"]\n[pass]\nbehavior = [\"OK\", \"NON-STRICT\", \"INFORMATIONAL\"]\nclose = [\"OK\", \"INFORMATIONAL\", \"WRONG CODE\", \"FAILED BY CLIENT\"]",
        passes: |index, _| {
            all(index, |id, behavior, close| {
                id.starts_with("12.")
                    || id.starts_with("13.")
                    || (LENIENT.contains(&behavior)
                        && ["OK", "INFORMATIONAL", "WRONG CODE", "FAILED BY CLIENT"].contains(&close))
            })
        },
    },
];

/// A gate over two runs: options of `wslog diff`, and whether it lets the new one pass.
pub struct Comparing {
    pub name: &'static str,
    pub options: &'static str,
    pub passes: fn(&Value, &Value) -> bool,
}

pub const COMPARING: &[Comparing] = &[
    Comparing {
        name: "tungstenite and others: equal but for durations",
        options: "--fail-on any",
        passes: |old, new| without_durations(old) == without_durations(new),
    },
    Comparing {
        name: "summarize.py: no case that was better, none that is gone",
        options: "",
        passes: |old, new| {
            let (old, new) = (index(old), index(new));
            let rank = |[behavior, close]: &[String; 2]| match (behavior.as_str(), close.as_str()) {
                ("FAILED", _) => 2,
                (_, close) if !FINE.contains(&close) => 1,
                _ => 0,
            };
            old.iter().all(|(agent, cases)| {
                let is_kept = |(id, was): (&String, &[String; 2])| {
                    new.get(agent).and_then(|cases| cases.get(id)).is_some_and(|is| rank(is) <= rank(was))
                };
                cases.iter().all(is_kept)
            })
        },
    },
];

fn without_durations(index: &Value) -> Value {
    let mut index = index.clone();
    for cases in index.as_object_mut().expect("agents").values_mut() {
        for entry in cases.as_object_mut().expect("cases").values_mut() {
            entry.as_object_mut().expect("an entry").remove("duration");
        }
    }
    index
}

/// Why `wslog check` is stricter than any of these gates, where it may be.
pub fn stricter(index: &Index, known: &Known, gate: &Gate) -> Option<&'static str> {
    let judges_own = gate.policy.starts_with("agents =");
    let judged = |agent: &str| !judges_own || known.good.contains_key(agent);
    let of = || index.iter().filter(|(agent, _)| judged(agent));
    let words = |at: usize, known: &'static [&'static str]| {
        move |said: &[String; 2]| !known.contains(&said[at].as_str())
    };
    let odd = [
        words(0, &["OK", "INFORMATIONAL", "NON-STRICT", "UNIMPLEMENTED", "FAILED"]),
        words(1, &["OK", "INFORMATIONAL", "FAILED BY CLIENT", "WRONG CODE", "UNCLEAN", "FAILED"]),
    ];
    if of().any(|(_, cases)| cases.is_empty()) || of().next().is_none() {
        Some("an agent that ran nothing never passes")
    } else if of().flat_map(|(_, cases)| cases.values()).any(|said| odd.iter().any(|is_odd| is_odd(said))) {
        Some("a verdict that the suite does not have never passes where not any may")
    } else if gate.policy.contains("expect.cases")
        && index.keys().any(|agent| !known.good.contains_key(agent))
    {
        Some("every agent must have run the cases")
    } else {
        None
    }
}

/// Why `wslog diff` is stricter.
pub fn stricter_compared(old: &Value, new: &Value) -> Option<&'static str> {
    let rank =
        |said: &str, words: &[&str]| words.iter().position(|word| *word == said).unwrap_or(words.len());
    let behavior = |said: &str| rank(said, &["OK", "INFORMATIONAL", "NON-STRICT", "UNIMPLEMENTED", "FAILED"]);
    let close = |said: &str| {
        rank(said, &["OK", "INFORMATIONAL", "FAILED BY CLIENT", "WRONG CODE", "UNCLEAN", "FAILED"])
    };
    let (old, new) = (index(old), index(new));
    let mut both = Vec::new();
    for (agent, cases) in &old {
        let now = new.get(agent);
        both.extend(cases.iter().filter_map(|(id, was)| Some((was, now?.get(id)?))));
    }
    if both.is_empty() {
        return Some("runs that have no case in common are not compared, and fail");
    }
    let is_worse = |(was, is): &(&[String; 2], &[String; 2])| {
        behavior(&is[0]) > behavior(&was[0]) || close(&is[1]) > close(&was[1])
    };
    both.iter().any(is_worse).then_some("any worse verdict is a regression, not FAILED alone")
}

impl Gate {
    /// Its policy for what is known.
    pub fn policy_for(&self, known: &Known) -> String {
        let list = |words: &[&str]| Value::from(words).to_string();
        let ids: Vec<&str> =
            known.good.values().next().into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
        let xfail: String = known
            .failing()
            .iter()
            .map(|(agent, id)| {
                let agent = Value::from(*agent);
                format!("[[xfail]]\nagent = {agent}\ncase = \"{id}\"\nreason = \"known\"\n")
            })
            .collect();
        self.policy
            .replace("AGENTS", &list(&known.agents()))
            .replace("CASES", &list(&ids))
            .replace("TOTAL", &known.total().to_string())
            .replace("XFAIL", &xfail)
    }

    /// Its options for what is known; none where it takes a policy.
    pub fn options_for(&self, known: &Known) -> Option<Vec<String>> {
        let mut options = Vec::new();
        for word in self.options.split_whitespace() {
            match word {
                "AGENTS" => {
                    for agent in known.agents() {
                        options.extend(["--agent".to_owned(), agent.to_owned()]);
                    }
                }
                "TOTAL" => options.push(known.total().to_string()),
                other => options.push(other.to_owned()),
            }
        }
        (!options.is_empty()).then_some(options)
    }
}
