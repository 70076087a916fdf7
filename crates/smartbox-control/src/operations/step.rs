//! Where an operation is, in a word or two.

use smartbox_core::upgrade::UpgradeStage;
use smartbox_core::{Phase, Stage};
use smartbox_store::{Operation, OperationKind, SystemActor};

use crate::{Control, Error, Work};

impl Control {
    /// Where an operation under way is. Whoever found the operation may know.
    pub async fn operation_step(&self, operation: &Operation) -> Result<Option<String>, Error> {
        if operation.finished_at.is_some() {
            return Ok(None);
        }
        let under_way = self.operation_progress(operation).map(|under_way| under_way.work);
        if operation.kind == OperationKind::Backup {
            return Ok(Some(under_way.map_or("waiting", name_of).to_owned()));
        }
        let upgrade = match operation.kind {
            OperationKind::Upgrade => {
                let fleet = self.inner.store.fleet(SystemActor::new("operations"));
                fleet.find_box(operation.box_id).await?.and_then(|row| row.upgrade)
            }
            _ => None,
        };
        let fleet = self.inner.fleet.borrow();
        let seen = fleet.boxes.iter().find(|state| state.id == operation.box_id);
        Ok(step(under_way, upgrade, seen.map(|state| (state.phase, state.stage))))
    }
}

/// What is done says more than how the box looks meanwhile.
fn step(
    under_way: Option<Work>,
    upgrade: Option<UpgradeStage>,
    seen: Option<(Phase, Option<Stage>)>,
) -> Option<String> {
    let work = under_way.map(name_of);
    let upgrade = match upgrade {
        Some(UpgradeStage::Trying) => Some("trying the version on a copy"),
        // It starts, and is looked at when it runs.
        Some(UpgradeStage::Proving) if matches!(seen, Some((Phase::Running, _))) => {
            Some("watching whether it is well")
        }
        _ => None,
    };
    work.or(upgrade).map(str::to_owned).or_else(|| {
        let (phase, stage) = seen?;
        Some(match stage {
            Some(Stage::Listening | Stage::Ready) => "starting: waiting for the gateway".to_owned(),
            Some(stage) => format!("{}: {}", phase.as_str(), stage.as_str()),
            None => phase.as_str().to_owned(),
        })
    })
}

/// What somebody who waits calls it.
const fn name_of(work: Work) -> &'static str {
    match work {
        Work::Restoring => "copying",
        Work::Saving => "saving",
        Work::Verifying => "reading back",
        Work::Exporting => "exporting",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upgrade_and_a_copy_tell_each_step() {
        let named = |work, upgrade, seen| step(work, upgrade, seen).unwrap();
        let running = Some((Phase::Running, None));
        let starting = |stage| Some((Phase::Starting, Some(stage)));
        assert_eq!(named(None, Some(UpgradeStage::Trying), running), "trying the version on a copy");
        assert_eq!(named(Some(Work::Saving), Some(UpgradeStage::Saving), running), "saving");
        assert_eq!(named(Some(Work::Restoring), None, starting(Stage::Volume)), "copying");
        assert_eq!(named(None, Some(UpgradeStage::Proving), starting(Stage::Process)), "starting: process");
        assert_eq!(named(None, None, starting(Stage::Listening)), "starting: waiting for the gateway");
        assert_eq!(named(None, Some(UpgradeStage::Proving), running), "watching whether it is well");
        assert_eq!(step(None, None, None), None);
    }
}
