//! Colours, where there is somebody to see them.

/// Paints words, or leaves them alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    enabled: bool,
}

impl Paint {
    /// A brush that works only if `enabled`.
    pub(crate) const fn new(enabled: bool) -> Self {
        Self { enabled }
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(crate) fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }

    /// The colour of a box's phase.
    pub(crate) fn phase(self, phase: &str) -> String {
        match phase {
            "running" => self.green(phase),
            "failed" | "degraded" => self.red(phase),
            "stopped" | "sleeping" | "deleting" => phase.to_owned(),
            _ => self.yellow(phase),
        }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.enabled { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
