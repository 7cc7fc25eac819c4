//! Many cases of the Autobahn Testsuite: by verdict, what is not OK first. What the tester breaks is its job, and is counted
//! apart from the faults of the testee.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::knowledge::Tone;
use crate::knowledge::words::shorten;
use crate::model::case::{Behavior, BehaviorClose, CaseId};
use crate::model::{CaseRecord, Conversation, ConversationId, Level, RuleId};
use crate::redact::{CaseGist, Shown};
use crate::views::account;
use crate::views::escape::visible;
use crate::views::text::layout::{Paint, Style};
use crate::views::text::overview::sign;
use crate::views::text::stories::Seen;
use crate::views::units;
use crate::views::worded::Worded;

/// Cases that have a row.
const ROWS: usize = 24;
/// Agents that are named.
const AGENTS: usize = 4;
/// Agents that are told apart.
const MAX_AGENTS: usize = 64;
/// Rules named of each side.
const RULES: usize = 5;
/// Cases of one verdict that are shown in full.
const IN_FULL: u64 = 2;

/// Collects them in memory that does not depend on how many cases there are.
#[derive(Debug, Default)]
pub(in crate::views) struct Cases {
    verdicts: BTreeMap<(Reverse<Tone>, Behavior, BehaviorClose), u64>,
    /// By mark: name, and cases.
    agents: BTreeMap<u64, (String, u64)>,
    other_agents: u64,
    pub(in crate::views) rows: Vec<Row>,
    notable: u64,
    by_testee: BTreeMap<(Level, RuleId), u64>,
    by_tester: BTreeMap<(Level, RuleId), u64>,
}

/// By what rows are sorted: the worst first, those of a verdict by number.
type Rank = (Reverse<Tone>, Reverse<Behavior>, Reverse<BehaviorClose>);

#[derive(Debug)]
pub(in crate::views) struct Row {
    rank: Rank,
    pub(in crate::views) case: CaseId,
    pub(in crate::views) agent: String,
    pub(in crate::views) id: ConversationId,
    pub(in crate::views) tone: Tone,
    pub(in crate::views) verdict: String,
    pub(in crate::views) broke: String,
    pub(in crate::views) why: String,
}

/// What the verdicts of a case amount to; `agrees`: its events confirm them.
pub(in crate::views) fn tone(behavior: &Behavior, close: &BehaviorClose, agrees: bool) -> Tone {
    let behavior = match behavior {
        Behavior::Ok => Tone::Normal,
        Behavior::Informational | Behavior::Unknown => Tone::Unknown,
        Behavior::NonStrict | Behavior::Unimplemented => Tone::Odd,
        Behavior::Failed | Behavior::Other(_) => Tone::Fault,
    };
    let close = match close {
        BehaviorClose::Ok => Tone::Normal,
        BehaviorClose::Informational | BehaviorClose::Unknown => Tone::Unknown,
        BehaviorClose::FailedByClient => Tone::Odd,
        BehaviorClose::WrongCode
        | BehaviorClose::Unclean
        | BehaviorClose::Failed
        | BehaviorClose::Other(_) => Tone::Fault,
    };
    behavior.max(close).max(if agrees { Tone::Normal } else { Tone::Odd })
}

/// What is to be changed, else why the verdict is what it is.
fn fix(report: &Conversation<Shown>, record: &CaseRecord) -> String {
    let fix = account::fix(report, &Worded::all(report));
    fix.map_or_else(
        || visible(&record.recomputed.why).into_owned(),
        |fix| fix.trim_start_matches("To fix: ").to_owned(),
    )
}

impl Cases {
    /// Takes the next case; what it amounts to, if it is one of the first with its verdict.
    pub(in crate::views) fn add(&mut self, case: &CaseGist, seen: &mut Seen<'_>) -> Option<Tone> {
        let CaseGist { behavior, close, agrees, testee } = case;
        let mut rules: Vec<_> = seen.sealed().breaches().collect();
        rules.sort_unstable();
        rules.dedup();
        let mut broke = Vec::new();
        for (level, rule, by) in rules {
            let counts = if by == Some(testee.peer()) { &mut self.by_tester } else { &mut self.by_testee };
            *counts.entry((level, rule)).or_default() += 1;
            if by != Some(testee.peer()) && level == Level::Must {
                broke.push(rule);
            }
        }
        let judged = tone(behavior, close, *agrees);
        let tone = if broke.is_empty() { judged } else { judged.max(Tone::Odd) };
        let with_verdict =
            self.verdicts.entry((Reverse(judged), behavior.clone(), close.clone())).or_default();
        *with_verdict += 1;
        let is_shown = *with_verdict <= IN_FULL && tone >= Tone::Odd;
        self.agent(seen);
        if tone > Tone::Normal {
            self.notable += 1;
            let rank = (Reverse(tone), Reverse(behavior.clone()), Reverse(close.clone()));
            self.row(rank, tone, *agrees, &broke, seen);
        }
        is_shown.then_some(tone)
    }

    fn agent(&mut self, seen: &mut Seen<'_>) {
        let Some(mark) = seen.sealed().agent_mark() else { return };
        if self.agents.len() >= MAX_AGENTS && !self.agents.contains_key(&mark) {
            self.other_agents += 1;
            return;
        }
        let agent = self.agents.entry(mark).or_insert_with(|| {
            let case = seen.opened().case.as_deref();
            (case.map_or_else(String::new, |record| shorten(&visible(&record.report.agent), 40)), 0)
        });
        agent.1 += 1;
    }

    fn row(&mut self, rank: Rank, tone: Tone, agrees: bool, broke: &[RuleId], seen: &mut Seen<'_>) {
        if self.rows.len() >= ROWS && self.rows.last().is_some_and(|last| last.rank <= rank) {
            return;
        }
        let report = seen.opened();
        let Some(record) = report.case.as_deref() else { return };
        let case = &record.report;
        let verdict = [case.behavior.as_str(), case.behavior_close.as_str()].map(visible).join(" / ");
        let doubt = if agrees { "" } else { "not what its events say: " };
        let row = Row {
            rank,
            case: case.id.clone(),
            agent: shorten(&visible(&case.agent), 40),
            id: report.id,
            tone,
            verdict,
            broke: broke.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(", "),
            why: shorten(&format!("{doubt}{}", fix(report, record)), 160),
        };
        let at = self.rows.partition_point(|other| {
            (&other.rank, &other.case, &other.agent, other.id) < (&row.rank, &row.case, &row.agent, row.id)
        });
        self.rows.insert(at, row);
        self.rows.truncate(ROWS);
    }

    /// The agents, then `! 4 NON-STRICT / OK · ✓ 114 OK / OK`: behavior and closing.
    pub(in crate::views) fn totals(&self, style: &Style) -> String {
        let (head, parts) = self.counts();
        let mut out = style.paint_lines(Paint::Heading, &style.wrap(&head, 0));
        out.push_str(&style.painted_flow(&parts, " · "));
        out
    }

    /// How many of which agents, and how many of which verdict, the worst first.
    pub(in crate::views) fn counts(&self) -> (String, Vec<(String, Paint)>) {
        let all: u64 = self.verdicts.values().sum();
        let mut agents: Vec<_> = self.agents.values().collect();
        agents.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
        let named: Vec<_> = agents.iter().take(AGENTS).map(|(name, _)| name.as_str()).collect();
        let more = match agents.len() - named.len() {
            _ if self.other_agents > 0 => format!(" and more than {} others", MAX_AGENTS - named.len()),
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let of = if agents.len() == 1 { "agent" } else { "agents" };
        let head = format!("{}, {of} {}{more}", units::count(all, "Autobahn case"), named.join(", "));
        let mut parts = Vec::new();
        for ((Reverse(tone), behavior, close), n) in &self.verdicts {
            let word = |word: &str| if word.is_empty() { "unknown word".to_owned() } else { word.to_owned() };
            let part = format!("{} {n} {} / {}", sign(*tone), word(behavior.as_str()), word(close.as_str()));
            parts.push((part, Paint::from(*tone)));
        }
        (head, parts)
    }

    /// A row for each that is not OK, then which rules each side broke.
    pub(in crate::views) fn told(&self, style: &Style) -> String {
        let mut out = String::new();
        if !self.rows.is_empty() {
            let has_broken = self.rows.iter().any(|row| !row.broke.is_empty());
            let rows = self.rows.iter().map(|row| {
                let mut cells = vec![
                    style.cell(Paint::from(row.tone), sign(row.tone)),
                    row.id.to_string(),
                    row.case.to_string(),
                    row.agent.clone(),
                    row.verdict.clone(),
                ];
                if has_broken {
                    cells.push(row.broke.clone());
                }
                cells.push(row.why.clone());
                cells
            });
            let header: &[&str] = if has_broken {
                &["", "#", "case", "agent", "verdict / closing", "testee broke", "to fix"]
            } else {
                &["", "#", "case", "agent", "verdict / closing", "to fix"]
            };
            out.push_str(&style.table(header, rows, &[1], &[3, 5, 6]));
            out.extend(self.rest().map(|rest| style.wrap(&rest, 2)));
            out.push('\n');
        }
        for line in self.broken() {
            out.push_str(&style.hang(&line, 0, 2));
        }
        let example = self.rows.first().map_or_else(|| "ID".to_owned(), |row| row.id.to_string());
        let more = [
            "Each in a row: wslog list".to_owned(),
            format!("one in full: --connection {example}"),
            "also --case, --agent".to_owned(),
            "against a policy: wslog check".to_owned(),
        ];
        out.push_str(&style.flow(&more, " · ", 0));
        out
    }

    /// Those that are not OK and have no row; `None` where all have.
    pub(in crate::views) fn rest(&self) -> Option<String> {
        let more = self.notable - self.rows.len() as u64;
        (more > 0).then(|| format!("… and {} more that are not OK", units::count(more, "case")))
    }

    /// Which rules each side broke, a line a side.
    pub(in crate::views) fn broken(&self) -> Vec<String> {
        let named = |rules: &BTreeMap<(Level, RuleId), u64>| {
            let mut rules: Vec<_> = rules.iter().collect();
            rules.sort_by_key(|((level, rule), n)| (Reverse(*level), Reverse(**n), *rule));
            let more = rules.len().saturating_sub(RULES);
            let mut named: Vec<_> = rules
                .into_iter()
                .take(RULES)
                .map(|((level, rule), n)| format!("{rule} ({}) in {n}", level.name()))
                .collect();
            if more > 0 {
                named.push(format!("{more} more"));
            }
            named.join(", ")
        };
        [("testee", &self.by_testee), ("tester, on purpose", &self.by_tester)]
            .into_iter()
            .filter(|(_, rules)| !rules.is_empty())
            .map(|(who, rules)| format!("Broken by the {who}: {}", named(rules)))
            .collect()
    }
}
