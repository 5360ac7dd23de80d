//! Scores from outcomes: what each category loses, and how much of its list is met.
//!
//! A category starts at 100. Each of its controls takes off once for each severity that fails in it, however many places fail, so
//! that a stack of sixty services does not fall to 0 by counting. Suppressed findings take off nothing. The overall score is the mean
//! of the eight key categories, rounded half up; those without any applicable control are left out.

use crate::control::{Category, Control};
use crate::findings::{Finding, Outcome, Verdict};
use crate::severity::Severity;

/// What a failing severity takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    deductions: [u32; 3],
}

impl Profile {
    /// 15, 6 and 4: P1 weighs more than P2, P2 more than P3.
    pub const DEFAULT: Self = Self { deductions: [15, 6, 4] };
    /// 15, 5 and 5: reproduces the scores of the hand-written report that Windlass follows.
    pub const SEED: Self = Self { deductions: [15, 5, 5] };

    /// The profile of a name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "default" => Some(Self::DEFAULT),
            "seed" => Some(Self::SEED),
            _ => None,
        }
    }

    fn deduction(self, severity: Severity) -> u32 {
        self.deductions[severity as usize]
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How the controls of a category stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Nothing was found.
    pub pass: u32,
    /// Something was found, but not on every target, or of P3 only.
    pub partial: u32,
    /// P1 or P2 on every target.
    pub fail: u32,
    /// Every target is excused.
    pub exempt: u32,
}

impl Tally {
    fn of(&mut self, state: State) -> &mut u32 {
        match state {
            State::Pass => &mut self.pass,
            State::Partial => &mut self.partial,
            State::Fail => &mut self.fail,
            State::Exempt => &mut self.exempt,
        }
    }

    /// Percent of the controls that are met, a partial one half, rounded down; `None` when there are none to meet.
    pub fn compliance(self) -> Option<u32> {
        let all = self.pass + self.partial + self.fail;
        (all > 0).then(|| (100 * (2 * self.pass + self.partial)) / (2 * all))
    }
}

/// A category's score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CategoryScore {
    /// The category.
    pub category: Category,
    /// 0 to 100.
    pub score: u32,
    /// How its controls stand.
    pub tally: Tally,
}

/// How a control stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing was found.
    Pass,
    /// Something was found, but not on every target, or of P3 only.
    Partial,
    /// P1 or P2 on every target.
    Fail,
    /// Every target is excused.
    Exempt,
}

/// A control's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlScore {
    /// The control.
    pub control: Control,
    /// How it stands.
    pub state: State,
    /// How often something was found, each rule and target once.
    pub failing: u32,
    /// How often a rule applied.
    pub applicable: u32,
}

/// Scores of a stack, or of all that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// 0 to 100; `None` when no key category has an applicable control.
    pub overall: Option<u32>,
    /// Categories with an applicable control, in the order of the report.
    pub categories: Vec<CategoryScore>,
    /// Controls of which a rule ran and spoke, in the order of the report.
    pub controls: Vec<ControlScore>,
}

impl Score {
    /// Percent of all controls that are met.
    pub fn compliance(&self) -> Option<u32> {
        let mut all = Tally::default();
        for category in &self.categories {
            let Tally { pass, partial, fail, exempt } = category.tally;
            all.pass += pass;
            all.partial += partial;
            all.fail += fail;
            all.exempt += exempt;
        }
        all.compliance()
    }

    /// The score of a category.
    pub fn of(&self, category: Category) -> Option<u32> {
        self.categories.iter().find(|score| score.category == category).map(|score| score.score)
    }
}

/// What a control's outcomes add up to.
#[derive(Clone, Default)]
struct Standing {
    applicable: u32,
    failing: u32,
    exempt: u32,
    /// By severity: something fails with it.
    severities: [bool; Severity::ALL.len()],
}

/// Every control by its number.
#[derive(Clone)]
struct Accounts(Vec<Standing>);

/// The score of all outcomes.
pub(crate) fn score(outcomes: &[Outcome], findings: &[Finding], profile: Profile) -> Score {
    let mut accounts = Accounts::default();
    outcomes.iter().for_each(|outcome| accounts.add(outcome, findings));
    accounts.score(profile)
}

/// The score of each of so many stacks: of its own outcomes, and of those of the repository.
pub(crate) fn by_stack(outcomes: &[Outcome], findings: &[Finding], profile: Profile, stacks: usize) -> Vec<Score> {
    let mut accounts = vec![Accounts::default(); stacks];
    for outcome in outcomes {
        if outcome.is_of_repository {
            accounts.iter_mut().for_each(|accounts| accounts.add(outcome, findings));
        } else {
            outcome.stacks.iter().for_each(|index| accounts[*index].add(outcome, findings));
        }
    }
    accounts.iter().map(|accounts| accounts.score(profile)).collect()
}

impl Default for Accounts {
    fn default() -> Self {
        Self(vec![Standing::default(); Control::ALL.len()])
    }
}

impl Accounts {
    fn add(&mut self, outcome: &Outcome, findings: &[Finding]) {
        let found = &findings[outcome.findings.clone()];
        let standing = &mut self.0[outcome.rule.control as usize];
        let mut counts = false;
        for finding in found.iter().filter(|finding| finding.counts()) {
            counts = true;
            standing.severities[finding.grade.severity as usize] = true;
        }
        if counts {
            standing.applicable += 1;
            standing.failing += 1;
        } else if matches!(outcome.verdict, Verdict::Exempt(_)) || !found.is_empty() {
            standing.exempt += 1;
        } else if outcome.verdict != Verdict::NotApplicable {
            standing.applicable += 1;
        }
    }

    fn score(&self, profile: Profile) -> Score {
        let known = Control::ALL.iter().zip(&self.0).filter(|(_, standing)| standing.applicable + standing.exempt > 0);
        let scored: Vec<ControlScore> = known.map(|(control, standing)| standing.told(*control)).collect();
        let mut categories: Vec<CategoryScore> = Vec::new();
        for category in Category::ALL {
            let mut tally = Tally::default();
            let mut lost = 0;
            for entry in scored.iter().filter(|entry| entry.control.category() == *category) {
                *tally.of(entry.state) += 1;
                let standing = &self.0[entry.control as usize];
                lost += Severity::ALL
                    .iter()
                    .filter(|severity| standing.severities[**severity as usize])
                    .map(|severity| profile.deduction(*severity))
                    .sum::<u32>();
            }
            if tally != Tally::default() {
                categories.push(CategoryScore { category: *category, score: 100_u32.saturating_sub(lost), tally });
            }
        }
        let key: Vec<u32> = categories.iter().filter(|score| score.category.is_key()).map(|score| score.score).collect();
        let count = u32::try_from(key.len()).unwrap_or(u32::MAX);
        let overall = (count > 0).then(|| (2 * key.iter().sum::<u32>() + count) / (2 * count));
        Score { overall, categories, controls: scored }
    }
}

impl Standing {
    fn told(&self, control: Control) -> ControlScore {
        let is_serious = Severity::ALL.iter().any(|severity| *severity < Severity::P3 && self.severities[*severity as usize]);
        let state = if self.applicable == 0 {
            State::Exempt
        } else if self.failing == 0 {
            State::Pass
        } else if self.failing == self.applicable && is_serious {
            State::Fail
        } else {
            State::Partial
        };
        ControlScore { control, state, failing: self.failing, applicable: self.applicable }
    }
}
