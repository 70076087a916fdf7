//! Flags that say when boxes sleep.

use clap::Args;
use smartbox_api::{SleepPolicyView, UpdateSleep};
use smartbox_core::Threshold;

/// Word that leaves a threshold to the next wider circle.
const INHERIT: &str = "inherit";

/// When boxes sleep, as flags. Each takes a time, `never`, or `inherit`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PolicyFlags {
    /// Freeze after so much idle time: `10m`, `1h`, `never`; `inherit` leaves it to the org, the tier, the platform
    #[arg(long, value_name = "TIME", value_parser = threshold)]
    pub(crate) sleep_after: Option<String>,
    /// Push the memory out after so much idle time
    #[arg(long, value_name = "TIME", value_parser = threshold)]
    pub(crate) squeeze_after: Option<String>,
    /// End the processes after so much idle time; the box is started when it is needed
    #[arg(long, value_name = "TIME", value_parser = threshold)]
    pub(crate) end_after: Option<String>,
}

impl PolicyFlags {
    /// The change that is meant; `None` without any flag.
    pub(crate) fn update(self) -> Option<UpdateSleep> {
        let meant = |flag: Option<String>| flag.map(|text| (text != INHERIT).then_some(text));
        let update = UpdateSleep {
            frozen_after: meant(self.sleep_after),
            squeezed_after: meant(self.squeeze_after),
            stopped_after: meant(self.end_after),
        };
        (update != UpdateSleep::default()).then_some(update)
    }
}

/// A policy on one line; what it leaves open is left out.
pub(crate) fn told(policy: &SleepPolicyView) -> String {
    let SleepPolicyView { frozen_after, squeezed_after, stopped_after } = policy;
    let named = [("frozen", frozen_after), ("squeezed", squeezed_after), ("ended", stopped_after)];
    let said: Vec<_> =
        named.into_iter().filter_map(|(word, after)| Some(one(word, after.as_ref()?))).collect();
    if said.is_empty() { "put to sleep as the platform says".to_owned() } else { said.join(", ") }
}

/// One threshold, with the word for what begins then.
pub(crate) fn one(word: &str, after: &str) -> String {
    if after == "never" { format!("never {word}") } else { format!("{word} after {after}") }
}

/// A threshold as it is sent.
fn threshold(text: &str) -> Result<String, String> {
    if text == INHERIT {
        return Ok(text.to_owned());
    }
    text.parse::<Threshold>()
        .map(|_checked| text.to_owned())
        .map_err(|_bad| "write `never`, `inherit`, or a time like `90s`, `10m`, `1h` or `2d`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inherit_unsets_and_what_is_not_named_stays() {
        let flags = |sleep: Option<&str>, end: Option<&str>| PolicyFlags {
            sleep_after: sleep.map(str::to_owned),
            squeeze_after: None,
            end_after: end.map(str::to_owned),
        };
        let update = flags(Some("inherit"), Some("never")).update().unwrap();
        assert_eq!(update.frozen_after, Some(None));
        assert_eq!((update.squeezed_after, update.stopped_after), (None, Some(Some("never".to_owned()))));
        assert_eq!(flags(None, None).update(), None);
    }

    #[test]
    fn thresholds_are_checked_before_anything_is_sent() {
        for good in ["never", "inherit", "10m", "2d"] {
            assert!(threshold(good).is_ok(), "{good}");
        }
        for bad in ["", "soon", "10", "1s", "-5m"] {
            assert!(threshold(bad).is_err(), "{bad}");
        }
    }
}
