//! Who is asked for a model, and who then, if that fails: a pure function of the picture.

use std::sync::Arc;

use crate::catalog::DEMO_ID;
use crate::dialect::Dialect;
use crate::models::{Shelf, Shelves};
use crate::refusal::Refusal;
use crate::upstream::Upstream;

/// Most upstreams that are asked for one call.
pub(super) const ATTEMPTS_MAX: usize = 4;

/// Who answers.
#[derive(Debug)]
pub(super) enum Choice {
    /// The built-in demo model.
    Demo,
    /// These, one after the other; never none.
    Attempts(Vec<Attempt>),
}

/// An upstream, and the model to ask it for.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) upstream: Arc<Upstream>,
    /// The id; `None`: as the caller wrote it, which may be nothing.
    pub(super) model: Option<String>,
}

/// Chooses.
///
/// # Errors
/// [`Refusal::ModelNotAllowed`], [`Refusal::NoUpstream`].
pub(super) fn choose(shelves: &Shelves, dialect: Dialect, model: Option<&str>) -> Result<Choice, Refusal> {
    let asked = model.unwrap_or_default();
    if !shelves.allows(asked) {
        let allowed = shelves.allow_lists().next().unwrap_or_default().to_vec();
        return Err(Refusal::ModelNotAllowed { model: asked.chars().take(128).collect(), allowed });
    }
    let mut attempts: Vec<Attempt> =
        of_model(shelves, dialect, asked).map(|upstream| Attempt { upstream, model: None }).collect();
    let nobody_has_it = attempts.is_empty();
    if nobody_has_it {
        if shelves.has_demo() && (asked == DEMO_ID || !has_any(shelves)) {
            return Ok(Choice::Demo);
        }
        // It answers for itself.
        let first = shelves.nearest_first().find_map(|shelf| speaking(shelf, dialect).next());
        attempts.extend(first.map(|upstream| Attempt { upstream: Arc::clone(upstream), model: None }));
    }
    for other in shelves.fallbacks(asked).iter().filter(|other| shelves.allows(other)) {
        let having = of_model(shelves, dialect, other);
        attempts.extend(having.map(|upstream| Attempt { upstream, model: Some(other.clone()) }));
    }
    attempts.truncate(ATTEMPTS_MAX);
    if attempts.is_empty() { Err(Refusal::NoUpstream(dialect)) } else { Ok(Choice::Attempts(attempts)) }
}

/// The upstreams of the nearest layer that has the model.
fn of_model<'a>(
    shelves: &'a Shelves,
    dialect: Dialect,
    model: &'a str,
) -> impl Iterator<Item = Arc<Upstream>> + 'a {
    let of_shelf = |shelf: &'a Shelf| -> Vec<Arc<Upstream>> {
        let having = |names: bool| {
            let fits = move |upstream: &&Arc<Upstream>| {
                if names { upstream.has(model) } else { upstream.has_no_list() }
            };
            speaking(shelf, dialect).filter(fits).cloned().collect::<Vec<_>>()
        };
        // Those that name it before those that name nothing.
        [having(true), having(false)].concat()
    };
    shelves.nearest_first().map(of_shelf).find(|found| !found.is_empty()).unwrap_or_default().into_iter()
}

fn speaking(shelf: &Shelf, dialect: Dialect) -> impl Iterator<Item = &Arc<Upstream>> {
    shelf.upstreams.iter().filter(move |upstream| upstream.dialect() == dialect)
}

fn has_any(shelves: &Shelves) -> bool {
    shelves.nearest_first().any(|shelf| !shelf.upstreams.is_empty())
}

#[cfg(test)]
mod tests;
