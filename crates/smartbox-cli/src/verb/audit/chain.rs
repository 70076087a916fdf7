//! Checks the chain of hashes of an audit log, line by line.
//!
//! What it proves: between its first and its last line the log is as it was written. What it cannot know: whether lines
//! behind the last were cut off, or whether somebody who may write the log wrote all of it anew. Whoever keeps the last
//! hash elsewhere knows that too, so the summary names it.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Serialize;
use smartbox_api::AuditLine;
use smartbox_core::audit::{Line, canonical};

/// A checker, and what it has seen.
#[derive(Debug)]
pub(super) struct Chain {
    /// An org's lines have other orgs' lines between them.
    has_gaps: bool,
    lines: u64,
    unchained: u64,
    first: Option<i64>,
    last: Option<Last>,
}

/// The line that was checked last.
#[derive(Debug)]
struct Last {
    seq: i64,
    /// Empty if the line is older than the chain.
    hash: String,
}

/// What was checked; like this with `--json`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    /// How many lines there are.
    pub(super) lines: u64,
    /// How many of them are older than the chain and have no hash.
    pub(super) unchained: u64,
    /// Number of the first line.
    pub(super) first: Option<i64>,
    /// Number of the last line.
    pub(super) last: Option<i64>,
    /// Hash of the last line.
    pub(super) last_hash: Option<String>,
    /// Whether it is sure that no line of the chain is missing in between.
    pub(super) is_complete: bool,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The content is not what was hashed.
    Changed,
    /// It has no hash, and lines before it have one.
    Bare,
    /// Its number is not greater than the one before.
    Order,
    /// One or more numbers before it are missing.
    Gap,
    /// It was not written behind the line before it.
    Link,
    /// The chain begins with it, and there was something before it.
    Beginning,
}

impl Fault {
    /// The fault as a sentence.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Changed => "Its hash is not the one of its content: the line was changed.",
            Self::Bare => "It has no hash, though lines before it have one: the hash was taken out.",
            Self::Order => "Its number does not follow the one before: lines were moved or repeated.",
            Self::Gap => "Lines before it are missing.",
            Self::Link => {
                "It does not continue the line before it: that one was changed and hashed anew, or this one was."
            }
            Self::Beginning => {
                "The chain begins with it, but it continues another line: lines before it are missing."
            }
        }
    }
}

impl Chain {
    /// Checks a log from its beginning; with `has_gaps` only an org's part of it.
    pub(super) const fn new(has_gaps: bool) -> Self {
        Self { has_gaps, lines: 0, unchained: 0, first: None, last: None }
    }

    /// Checks the next line.
    ///
    /// # Errors
    /// What is wrong with it. Whatever comes behind it proves nothing any more.
    pub(super) fn check(&mut self, line: &AuditLine) -> Result<(), Fault> {
        let is_bare = line.hash.is_empty();
        if let Some(last) = &self.last {
            self.check_order(last, line)?;
        }
        if !is_bare {
            if line.hash != hash(line) {
                return Err(Fault::Changed);
            }
            self.check_link(line)?;
        }
        self.lines += 1;
        self.unchained += u64::from(is_bare);
        self.first.get_or_insert(line.seq);
        self.last = Some(Last { seq: line.seq, hash: line.hash.clone() });
        Ok(())
    }

    fn check_order(&self, last: &Last, line: &AuditLine) -> Result<(), Fault> {
        if line.seq <= last.seq {
            return Err(Fault::Order);
        }
        // Lines older than the chain are bound by nothing, so nothing is said about numbers among them.
        if last.hash.is_empty() {
            return Ok(());
        }
        if line.hash.is_empty() {
            return Err(Fault::Bare);
        }
        if !self.has_gaps && !is_next(last, line) {
            return Err(Fault::Gap);
        }
        Ok(())
    }

    /// Whether the line was written behind the one before it, as far as that can be seen.
    fn check_link(&self, line: &AuditLine) -> Result<(), Fault> {
        let is_first_of_all = line.previous_hash.is_empty();
        match self.last.as_ref().filter(|last| !last.hash.is_empty()) {
            Some(last) if is_next(last, line) && line.previous_hash != last.hash => Err(Fault::Link),
            // Of a line behind a gap only this is known: it has one before it.
            Some(_) if is_first_of_all => Err(Fault::Link),
            None if !is_first_of_all && !self.has_gaps => Err(Fault::Beginning),
            _ => Ok(()),
        }
    }

    /// What was checked.
    pub(super) fn summary(self) -> Summary {
        let last = self.last.as_ref();
        Summary {
            lines: self.lines,
            unchained: self.unchained,
            first: self.first,
            last: last.map(|last| last.seq),
            last_hash: last.map(|last| last.hash.clone()).filter(|hash| !hash.is_empty()),
            is_complete: !self.has_gaps,
        }
    }
}

fn is_next(last: &Last, line: &AuditLine) -> bool {
    last.seq.checked_add(1) == Some(line.seq)
}

/// The hash a line should have.
fn hash(line: &AuditLine) -> String {
    let text = canonical(&line.previous_hash, &content(line));
    digest(&SHA256, text.as_bytes()).as_ref().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn content(line: &AuditLine) -> Line<'_> {
    Line {
        seq: line.seq,
        id: &line.id,
        org: line.org.as_deref(),
        box_id: line.box_id.as_deref(),
        at_ms: line.at_ms,
        actor: &line.actor,
        action: &line.action,
        reason: &line.reason,
        detail: &line.detail,
        address: line.address.as_deref(),
        outcome: &line.outcome,
    }
}

#[cfg(test)]
mod tests;
