//! The user's own terminal: modes that are always given back, and its size.

use std::io;

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};
use smartbox_api::TtySize;

/// Size of a terminal that does not know its own.
const SIZE_DEFAULT: TtySize = TtySize { cols: 80, rows: 24 };

/// The terminal of standard input in raw mode. Dropping it restores the mode, also on a panic.
#[derive(Debug)]
pub(crate) struct RawMode {
    before: Termios,
}

impl RawMode {
    /// Sets raw mode: every key goes to the box, none to this machine's terminal driver.
    pub(crate) fn set() -> io::Result<Self> {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&stdin, OptionalActions::Drain, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // A terminal that is gone cannot be restored and does not need to be.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}

/// Value of a special key that no key has (`_POSIX_VDISABLE` of Linux).
const NO_KEY: u8 = 0;

/// The terminal of standard input without echo, for a password. Dropping it restores the mode, also on a panic.
#[derive(Debug)]
pub(crate) struct SilentMode {
    before: Termios,
}

impl SilentMode {
    /// Shows no keys but the end of a line. What was typed before is thrown away: it was not meant as an answer.
    pub(crate) fn set() -> io::Result<Self> {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        // Ctrl-Z would give the shell a terminal that is still silent.
        silent.special_codes[SpecialCodeIndex::VSUSP] = NO_KEY;
        tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
        Ok(Self { before })
    }
}

impl Drop for SilentMode {
    fn drop(&mut self) {
        // As in `RawMode`.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}

/// The terminal's size in characters.
pub(crate) fn size() -> TtySize {
    let size = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stdin()));
    match size {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => TtySize { cols: size.ws_col, rows: size.ws_row },
        _ => SIZE_DEFAULT,
    }
}
