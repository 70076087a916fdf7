//! Names of signals: SSH knows them without `SIG` (RFC 4254, section 6.10).

use russh::Sig;
use rustix::process::Signal;

/// The signal that a client asks for; `None` when there is no such thing here.
pub(crate) fn from_ssh(signal: &Sig) -> Option<Signal> {
    Some(match signal {
        Sig::ABRT => Signal::ABORT,
        Sig::ALRM => Signal::ALARM,
        Sig::FPE => Signal::FPE,
        Sig::HUP => Signal::HUP,
        Sig::ILL => Signal::ILL,
        Sig::INT => Signal::INT,
        Sig::KILL => Signal::KILL,
        Sig::PIPE => Signal::PIPE,
        Sig::QUIT => Signal::QUIT,
        Sig::SEGV => Signal::SEGV,
        Sig::TERM => Signal::TERM,
        Sig::USR1 => Signal::USR1,
        Sig::Custom(name) => match name.as_str() {
            "USR2" => Signal::USR2,
            "CONT" => Signal::CONT,
            "STOP" => Signal::STOP,
            "TSTP" => Signal::TSTP,
            "WINCH" => Signal::WINCH,
            _ => return None,
        },
    })
}

/// The name of the signal that ended a process.
pub(crate) fn to_ssh(signal: i32) -> Sig {
    let Some(signal) = Signal::from_named_raw(signal) else {
        return Sig::Custom(format!("{signal}@smartbox"));
    };
    match signal {
        Signal::ABORT => Sig::ABRT,
        Signal::ALARM => Sig::ALRM,
        Signal::FPE => Sig::FPE,
        Signal::HUP => Sig::HUP,
        Signal::ILL => Sig::ILL,
        Signal::INT => Sig::INT,
        Signal::KILL => Sig::KILL,
        Signal::PIPE => Sig::PIPE,
        Signal::QUIT => Sig::QUIT,
        Signal::SEGV => Sig::SEGV,
        Signal::TERM => Sig::TERM,
        Signal::USR1 => Sig::USR1,
        Signal::USR2 => Sig::Custom("USR2".to_owned()),
        Signal::BUS => Sig::Custom("BUS@smartbox".to_owned()),
        Signal::TRAP => Sig::Custom("TRAP@smartbox".to_owned()),
        Signal::SYS => Sig::Custom("SYS@smartbox".to_owned()),
        Signal::XCPU => Sig::Custom("XCPU@smartbox".to_owned()),
        Signal::XFSZ => Sig::Custom("XFSZ@smartbox".to_owned()),
        other => Sig::Custom(format!("{}@smartbox", other.as_raw())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_signals_keep_their_names_both_ways() {
        for signal in [Signal::HUP, Signal::INT, Signal::KILL, Signal::TERM, Signal::USR1, Signal::USR2] {
            assert_eq!(from_ssh(&to_ssh(signal.as_raw())), Some(signal));
        }
        assert_eq!(from_ssh(&Sig::Custom("NOSUCH".to_owned())), None);
    }
}
