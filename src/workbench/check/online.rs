//! What was asked outside, and what that proved.

/// One thing outside that a worker would need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// For people: `the broker`, `email by smtp`.
    pub subject: String,
    /// What its answer proved; or the code of the finding that says what is wrong with it.
    pub outcome: Result<String, &'static str>,
}

/// One line for each, in columns.
pub(super) fn human(proofs: &[Proof]) -> String {
    let width = proofs.iter().map(|proof| proof.subject.chars().count()).max().unwrap_or_default();
    let line = |Proof { subject, outcome }: &Proof| match outcome {
        Ok(said) => format!("works   {subject:<width$}  {said}\n"),
        Err(code) => format!("fails   {subject:<width$}  {code}\n"),
    };
    proofs.iter().map(line).collect()
}
