//! What is told of a batch once the ledger has it, and what of it nobody could decide about.

use super::Intake;
use super::route::{Routed, panicked};
use crate::catalog::Catalog;
use crate::ledger::Verdict;
use crate::policy::Decision;
use crate::source::Batch;
use crate::telemetry::{Fact, Handling};

impl Intake {
    /// Of each of the admissions there is a verdict.
    pub(super) fn tell(&self, catalog: &Catalog, batch: &Batch, routed: &mut Routed, verdicts: &[Verdict]) {
        for (error, handling) in &routed.ignored {
            self.observer.observe(&Fact::Decided { error, handling: *handling });
        }
        for ((admission, origin), verdict) in routed.admissions.iter().zip(&routed.origins).zip(verdicts) {
            if let Decision::Open { plan, .. } = &verdict.decision {
                self.backlog.grew(plan);
            }
            match handling(verdict, catalog.is_general(&admission.error.key)) {
                Some(handling) => self.observer.observe(&Fact::Decided { error: &admission.error, handling }),
                None => routed.rejected.push((*origin, panicked("deciding about it"))),
            }
        }
        for (index, reject) in &routed.rejected {
            self.observer.observe(&Fact::Rejected { origin: &batch.deliveries[*index].origin, reject });
        }
    }
}

/// `None`: there is no decision.
fn handling(verdict: &Verdict, general: bool) -> Option<Handling> {
    Some(match &verdict.decision {
        Decision::Open { plan, .. } => Handling::Opened { planned: plan.len(), general },
        Decision::Repeat => Handling::Repeated,
        Decision::Stale => Handling::Stale,
        Decision::TooOld => Handling::TooOld,
        Decision::Erased => Handling::Erased,
        Decision::Close => Handling::Resolved { cancelled: verdict.cancelled },
        Decision::AlreadyClosed => Handling::NothingToResolve,
        Decision::Panicked => return None,
    })
}
