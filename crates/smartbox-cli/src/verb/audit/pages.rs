//! The audit log as the platform gives it: page by page, one of them in memory.

use smartbox_api::{AuditLine, AuditList};

use crate::client::{Client, PAGE_ITEMS, Route};
use crate::failure::Failure;

/// Where a reader of the log is.
pub(super) struct Pages<'a> {
    client: &'a Client,
    org: Option<&'a str>,
    /// Of the page that comes next.
    cursor: Option<String>,
    is_over: bool,
}

impl<'a> Pages<'a> {
    /// Begins at the oldest line.
    pub(super) fn new(client: &'a Client, org: Option<&'a str>) -> Self {
        Self { client, org, cursor: None, is_over: false }
    }

    /// The next page; `None` behind the last.
    ///
    /// # Errors
    /// Those of a request; or the log does not come on.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<AuditLine>>, Failure> {
        if self.is_over {
            return Ok(None);
        }
        let mut query = vec![("limit", PAGE_ITEMS)];
        query.extend(self.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        query.extend(self.org.map(|org| ("org", org)));
        let page: AuditList = self.client.get(Route::v1(&["audit"]).query(&query)).await?;
        // A log may have any number of pages; but each of them has lines and another place than the one before.
        if page.next_cursor.is_some() && (page.next_cursor == self.cursor || page.items.is_empty()) {
            return Err(self.client.not_understood("its audit log does not come to an end"));
        }
        self.is_over = page.next_cursor.is_none();
        self.cursor = page.next_cursor;
        Ok(Some(page.items))
    }
}
