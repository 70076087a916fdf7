//! What somebody says about models beside who serves them.

/// Most entries of a list.
const ENTRIES_MAX: usize = 100;
/// Most models to go on with.
const FALLBACKS_MAX: usize = 3;
/// Longest id of a model.
pub(super) const ID_BYTES_MAX: usize = 128;
/// Highest limit of a minute.
const RATE_MAX: u32 = 100_000_000;
/// Longest time for which an answer may be given again: a day.
const CACHE_SECS_MAX: u32 = 24 * 60 * 60;

/// The rules of a box, an org or the platform. Where several say something, the strictest limits count, every list of what is
/// allowed has to allow a model, and of the rest the nearest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelRules {
    /// The models that may be asked for: ids, or beginnings of ids with `*` at their end. `None`: all.
    pub allow: Option<Vec<String>>,
    /// Where to go on when a model fails: for an id (or `*`), other ids in order.
    pub fallbacks: Vec<(String, Vec<String>)>,
    /// Most requests of a box a minute.
    pub requests_per_minute: Option<u32>,
    /// Most tokens of a box a minute.
    pub tokens_per_minute: Option<u32>,
    /// Whether the beginning of what was said is kept with each call.
    pub keeps_prompts: bool,
    /// For how many seconds the answer to an identical request may be given again.
    pub cache_secs: Option<u32>,
}

/// Rules that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct BadRules {
    /// Which part of them.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl ModelRules {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether these rules let a model be asked for.
    pub fn allows(&self, model: &str) -> bool {
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(front) => model.starts_with(front),
            None => pattern == model,
        };
        self.allow.as_ref().is_none_or(|list| list.iter().any(fits))
    }

    /// Where to go on when this model fails; `None`: nothing is said about it.
    pub fn fallbacks_of(&self, model: &str) -> Option<&[String]> {
        let named = |name: &str| self.fallbacks.iter().find(|(of, _)| of == name);
        named(model).or_else(|| named("*")).map(|(_, others)| others.as_slice())
    }

    /// Checks every part.
    ///
    /// # Errors
    /// The first part that cannot be.
    pub fn check(&self) -> Result<(), BadRules> {
        let wrong = |field, problem: String| Err(BadRules { field, problem });
        if let Some(list) = &self.allow {
            if list.is_empty() || list.len() > ENTRIES_MAX {
                return wrong(
                    "allow",
                    format!("names 1 to {ENTRIES_MAX} models, or is left out: then all may be used"),
                );
            }
            if let Some(bad) = list.iter().find(|id| !is_id(id.strip_suffix('*').unwrap_or(id), true)) {
                return wrong("allow", format!("`{}` is no id of a model", shown(bad)));
            }
        }
        if self.fallbacks.len() > ENTRIES_MAX {
            return wrong("fallbacks", format!("at most {ENTRIES_MAX} models have fallbacks"));
        }
        for (index, (of, others)) in self.fallbacks.iter().enumerate() {
            if self.fallbacks[..index].iter().any(|(earlier, _)| earlier == of) {
                return wrong("fallbacks", format!("`{}` is there twice", shown(of)));
            }
            if others.is_empty() || others.len() > FALLBACKS_MAX {
                return wrong("fallbacks", format!("1 to {FALLBACKS_MAX} models come after `{}`", shown(of)));
            }
            let mut ids = others.iter().chain((of != "*").then_some(of));
            if let Some(bad) = ids.find(|id| !is_id(id, false)) {
                return wrong("fallbacks", format!("`{}` is no id of a model", shown(bad)));
            }
        }
        let limits = [
            ("requests_per_minute", self.requests_per_minute),
            ("tokens_per_minute", self.tokens_per_minute),
        ];
        for (field, limit) in limits {
            if limit.is_some_and(|limit| limit == 0 || limit > RATE_MAX) {
                return wrong(field, format!("is 1 to {RATE_MAX}, or is left out: then there is no limit"));
            }
        }
        if self.cache_secs.is_some_and(|secs| secs == 0 || secs > CACHE_SECS_MAX) {
            return wrong(
                "cache_secs",
                format!("is 1 to {CACHE_SECS_MAX}, or is left out: then every request is sent"),
            );
        }
        Ok(())
    }
}

/// Whether a text can be the id of a model: one word without white space, as vendors have them.
pub(super) fn is_id(id: &str, may_be_empty: bool) -> bool {
    (may_be_empty || !id.is_empty())
        && id.len() <= ID_BYTES_MAX
        && id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'"' | b'\\'))
}

/// A foreign text, cut and without what a terminal would act on.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(64).filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn models_are_allowed_by_id_and_by_their_beginning() {
        let rules = ModelRules { allow: Some(list(&["claude-*", "gpt-6-sol"])), ..ModelRules::default() };
        assert_eq!(
            ["claude-x", "gpt-6-sol", "gpt-6-sol-2", ""].map(|model| rules.allows(model)),
            [true, true, false, false]
        );
        assert!(ModelRules::default().allows("anything"));
    }

    #[test]
    fn a_model_of_its_own_goes_before_the_star() {
        let rules = ModelRules {
            fallbacks: vec![("*".to_owned(), list(&["x"])), ("a".to_owned(), list(&["b", "c"]))],
            ..ModelRules::default()
        };
        assert_eq!(rules.fallbacks_of("a").unwrap(), ["b", "c"]);
        assert_eq!(rules.fallbacks_of("z").unwrap(), ["x"]);
        assert_eq!(ModelRules::default().fallbacks_of("a"), None);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let none = ModelRules::default;
        for (rules, field) in [
            (ModelRules { allow: Some(Vec::new()), ..none() }, "allow"),
            (ModelRules { allow: Some(list(&["two words"])), ..none() }, "allow"),
            (ModelRules { allow: Some(list(&["a*b*"])), ..none() }, "allow"),
            (ModelRules { fallbacks: vec![("a".to_owned(), Vec::new())], ..none() }, "fallbacks"),
            (
                ModelRules { fallbacks: vec![("a".to_owned(), list(&["b", "c", "d", "e"]))], ..none() },
                "fallbacks",
            ),
            (
                ModelRules {
                    fallbacks: vec![("a".to_owned(), list(&["b"])), ("a".to_owned(), list(&["c"]))],
                    ..none()
                },
                "fallbacks",
            ),
            (ModelRules { requests_per_minute: Some(0), ..none() }, "requests_per_minute"),
            (ModelRules { tokens_per_minute: Some(u32::MAX), ..none() }, "tokens_per_minute"),
            (ModelRules { cache_secs: Some(86_401), ..none() }, "cache_secs"),
        ] {
            assert_eq!(rules.check().unwrap_err().field, field, "{rules:?}");
        }
        let good = ModelRules { allow: Some(list(&["*"])), requests_per_minute: Some(1), ..none() };
        assert_eq!(good.check(), Ok(()));
    }
}
