//! Takes one step of the plan with one box.

use smartbox_core::{Observed, Step};
use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::{BoxError, Smartbox};

use super::erase::{self, NotErased};
use super::fall_asleep::{Wish, deepen, fall_asleep};
use super::wake_up::wake_up;
use crate::backups::archive;
use crate::backups::swap_in::{self, NotSwapped};
use crate::{Control, Error, upgrades};

/// Why a step failed, for the owner.
pub(super) struct Failure {
    pub(super) error: BoxError,
    pub(super) is_permanent: bool,
    /// The provider obeys a newer controller.
    pub(super) is_fenced: bool,
}

pub(super) type Outcome = Result<(), Failure>;

/// Takes the step. There is no retry in here: the next pass is the retry.
pub(super) async fn take(control: &Control, row: &Smartbox, epoch: Epoch, step: Step) -> Outcome {
    let taken = match step {
        Step::Run => run(control, row, epoch).await,
        // The platform's services inside it stay open: nothing in a sleeping box can call them.
        Step::Sleep if matches!(row.observed, Observed::Asleep(_)) => {
            deepen(control, row, epoch).await.map_err(Failed::Provider)
        }
        Step::Sleep => {
            fall_asleep(control, row, epoch, Wish::Intended).await.map(drop).map_err(Failed::Control)
        }
        Step::Free => archive::free(control, row, epoch).await.map_err(Failed::from),
        Step::Wake => wake_up(control, row, epoch).await.map_err(Failed::Provider),
        Step::Stop => {
            drop(control.inner.resting.take(row.id));
            let stopped =
                control.inner.provider.ensure_stopped(row.id, epoch).await.map_err(Failed::Provider);
            control.inner.doors.close(row.id);
            stopped
        }
        Step::Remove => {
            control.inner.doors.close(row.id);
            control.inner.provider.ensure_absent(row.id, epoch).await.map_err(Failed::Provider)
        }
        Step::Forget => erase::erase(control, row, epoch).await.map_err(Failed::from),
        Step::Nothing | Step::Wait => Ok(()),
    };
    taken.map_err(|failed| failed.explain(row))
}

async fn run(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<(), Failed> {
    // The services of an older incarnation stand in a network that is about to go.
    control.inner.doors.close(row.id);
    let brought_back;
    let row = if row.archive.is_some() {
        // Its state comes back first, so that an upgrade has something to save.
        swap_in::before_start(control, row, epoch).await?;
        brought_back = as_pinned(control, row).await?;
        &brought_back
    } else {
        row
    };
    upgrades::before_start(control, row, epoch).await?;
    let row = &as_pinned(control, row).await?;
    swap_in::before_start(control, row, epoch).await?;
    let row = &as_pinned(control, row).await?;
    // Read before the files are rendered: what is noted is never newer than what is in them.
    let (config, _owner) = control.owner_part(row).await.map_err(Failed::Control)?;
    let spec = control.spec(row).await.map_err(Failed::Control)?;
    control.inner.provider.ensure_running(row.id, epoch, &spec).await.map_err(Failed::Provider)?;
    let given = control.config_fleet().note_config_given(row.id, config, spec.generation).await;
    given.map_err(|error| Failed::Control(error.into()))?;
    if let Err(error) = control.inner.doors.ensure_open(row.id).await {
        tracing::warn!(box.id = %row.id, error, "the platform's services do not answer inside a box");
    }
    Ok(())
}

/// The row with the version of the agent runtime that it is pinned to now: state and version are changed together.
async fn as_pinned(control: &Control, row: &Smartbox) -> Result<Smartbox, Failed> {
    let fleet = control.upgrade_fleet();
    let now = fleet.find_box(row.id).await.map_err(|error| Failed::Control(error.into()))?;
    let pinned = now.map_or_else(|| row.runtime_version.clone(), |now| now.runtime_version);
    Ok(Smartbox { runtime_version: pinned, ..row.clone() })
}

enum Failed {
    Provider(ProviderError),
    Control(Error),
    /// A restore that will not work; the next start is one without it.
    NotRestored(String),
    /// It has nothing to start with, and waits for a person.
    Waits {
        what: String,
        remedy: String,
    },
    /// Somebody took back what was to be done first.
    Cancelled,
    /// Something of a box that is to be gone is still there.
    NotErased(String),
}

impl From<NotErased> for Failed {
    fn from(error: NotErased) -> Self {
        match error {
            NotErased::Left(what) => Self::NotErased(what),
            NotErased::Provider(error) => Self::Provider(error),
            NotErased::Failed(error) => Self::Control(error),
        }
    }
}

impl From<NotSwapped> for Failed {
    fn from(error: NotSwapped) -> Self {
        match error {
            NotSwapped::Provider(error) => Self::Provider(error),
            NotSwapped::Control(error) => Self::Control(error),
            NotSwapped::GivenUp(what) => Self::NotRestored(what),
            NotSwapped::Cancelled => Self::Cancelled,
            NotSwapped::Waits { what, remedy } => Self::Waits { what, remedy },
        }
    }
}

impl Failed {
    fn explain(self, row: &Smartbox) -> Failure {
        match self {
            Self::Provider(error) => {
                tracing::warn!(box.id = %row.id, error = &error as &dyn std::error::Error, "a step failed");
                let is_permanent = matches!(error, ProviderError::Permanent { .. });
                let is_fenced = matches!(error, ProviderError::Fenced);
                let remedy = error.remedy().map(str::to_owned);
                Failure {
                    error: BoxError { code: "provider".to_owned(), what: error.to_string(), remedy },
                    is_permanent,
                    is_fenced,
                }
            }
            Self::Control(error) => {
                tracing::error!(box.id = %row.id, error = &error as &dyn std::error::Error, "a box could not be prepared");
                let what = "the platform could not prepare the box".to_owned();
                let remedy = Some("see the platform's log".to_owned());
                let error = BoxError { code: "internal".to_owned(), what, remedy };
                Failure { error, is_permanent: false, is_fenced: false }
            }
            Self::Waits { what, remedy } => {
                tracing::warn!(box.id = %row.id, what, "a box waits for what it should start with");
                let error = BoxError { code: "not-restored".to_owned(), what, remedy: Some(remedy) };
                Failure { error, is_permanent: true, is_fenced: false }
            }
            Self::NotRestored(what) => {
                let remedy = Some("choose another backup; `smartbox backup list` shows them".to_owned());
                let error = BoxError { code: "not-restored".to_owned(), what, remedy };
                Failure { error, is_permanent: true, is_fenced: false }
            }
            Self::Cancelled => {
                tracing::info!(box.id = %row.id, "a step was taken back while it was under way");
                let what = "it was taken back while it was under way".to_owned();
                let error = BoxError { code: "cancelled".to_owned(), what, remedy: None };
                Failure { error, is_permanent: false, is_fenced: false }
            }
            Self::NotErased(what) => {
                tracing::warn!(box.id = %row.id, what, "a removed box is not gone yet");
                let remedy = Some(
                    "nothing to do: it is tried again until all of it is gone; an operator sees to the cause"
                        .to_owned(),
                );
                let error = BoxError { code: "not-erased".to_owned(), what, remedy };
                Failure { error, is_permanent: false, is_fenced: false }
            }
        }
    }
}
