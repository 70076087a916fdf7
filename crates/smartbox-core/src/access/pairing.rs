//! Whether a person's device may be used.

use std::fmt;
use std::str::FromStr;

/// What an org does with a device that comes for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pairing {
    /// It waits until somebody approves it. Without an approved device nobody gets in.
    Manual,
    /// It is approved by signing in.
    Auto,
    /// Devices are not asked for.
    Off,
}

/// State of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceStatus {
    /// It waits for somebody's approval.
    Pending,
    /// It may be used.
    Approved,
}

/// The text names no policy or no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is one of {0}")]
pub struct BadPairingWord(&'static str);

impl Pairing {
    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Auto => "auto",
            Self::Off => "off",
        }
    }

    /// What a new device is. `vouched`: whoever signed the person in may approve devices, and did so by that.
    pub const fn first_status(self, vouched: bool) -> DeviceStatus {
        match self {
            Self::Manual if !vouched => DeviceStatus::Pending,
            Self::Manual | Self::Auto | Self::Off => DeviceStatus::Approved,
        }
    }

    /// Whether a person may come in with this device, or without one.
    pub fn lets_in(self, device: Option<DeviceStatus>) -> bool {
        self != Self::Manual || device == Some(DeviceStatus::Approved)
    }
}

impl DeviceStatus {
    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
        }
    }
}

impl FromStr for Pairing {
    type Err = BadPairingWord;

    fn from_str(text: &str) -> Result<Self, BadPairingWord> {
        let all = [Self::Manual, Self::Auto, Self::Off];
        all.into_iter()
            .find(|policy| policy.as_str() == text)
            .ok_or(BadPairingWord("`manual`, `auto`, `off`"))
    }
}

impl FromStr for DeviceStatus {
    type Err = BadPairingWord;

    fn from_str(text: &str) -> Result<Self, BadPairingWord> {
        let all = [Self::Pending, Self::Approved];
        all.into_iter().find(|status| status.as_str() == text).ok_or(BadPairingWord("`pending`, `approved`"))
    }
}

impl fmt::Display for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DeviceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_approved_device_lets_somebody_in_where_they_are_approved_by_hand() {
        for device in [None, Some(DeviceStatus::Pending), Some(DeviceStatus::Approved)] {
            assert_eq!(Pairing::Manual.lets_in(device), device == Some(DeviceStatus::Approved));
            assert!(Pairing::Auto.lets_in(device) && Pairing::Off.lets_in(device));
        }
    }

    #[test]
    fn a_new_device_waits_unless_signing_in_approves_it() {
        assert_eq!(Pairing::Manual.first_status(false), DeviceStatus::Pending);
        assert_eq!(Pairing::Manual.first_status(true), DeviceStatus::Approved);
        assert_eq!(Pairing::Auto.first_status(false), DeviceStatus::Approved);
    }

    #[test]
    fn words_read_back() {
        for policy in [Pairing::Manual, Pairing::Auto, Pairing::Off] {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        for status in [DeviceStatus::Pending, DeviceStatus::Approved] {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
        assert!("Manual".parse::<Pairing>().is_err() && "revoked".parse::<DeviceStatus>().is_err());
    }
}
