//! Lists that come in pages.

use serde::de::DeserializeOwned;
use smartbox_api::{
    BoxList, BoxView, SupportSessionList, SupportSessionView, TokenList, TokenView, UserList, UserView,
};

use super::{Client, Route};
use crate::failure::Failure;

/// Items asked for at once; the server allows no more.
pub(crate) const PAGE_ITEMS: &str = "200";
/// Most pages that are read into one list: 20,000 items.
const PAGES_MAX: usize = 100;

/// A page of a list.
pub(crate) trait Page: DeserializeOwned {
    /// What is listed.
    type Item;

    /// The items, and the cursor of the next page.
    fn into_parts(self) -> (Vec<Self::Item>, Option<String>);
}

impl Page for BoxList {
    type Item = BoxView;

    fn into_parts(self) -> (Vec<BoxView>, Option<String>) {
        (self.items, self.next_cursor)
    }
}

impl Page for UserList {
    type Item = UserView;

    fn into_parts(self) -> (Vec<UserView>, Option<String>) {
        (self.items, self.next_cursor)
    }
}

impl Page for TokenList {
    type Item = TokenView;

    fn into_parts(self) -> (Vec<TokenView>, Option<String>) {
        (self.items, self.next_cursor)
    }
}

impl Page for SupportSessionList {
    type Item = SupportSessionView;

    fn into_parts(self) -> (Vec<SupportSessionView>, Option<String>) {
        (self.items, self.next_cursor)
    }
}

impl Client {
    /// Every item of a list, page by page.
    ///
    /// # Errors
    /// Those of a request; or the list has no end.
    pub(crate) async fn all<'a, P: Page>(
        &self,
        segments: &[&str],
        filter: impl IntoIterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Result<Vec<P::Item>, Failure> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES_MAX {
            // The cursor does not live as long as the filter.
            let mut query: Vec<(&str, &str)> = vec![("limit", PAGE_ITEMS)];
            for (name, value) in filter.clone() {
                query.push((name, value));
            }
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page: P = self.get(Route::v1(segments).query(&query)).await?;
            let (more, next) = page.into_parts();
            items.extend(more);
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(items),
            }
        }
        Err(self
            .not_understood(&format!("its list of {} has more than {PAGES_MAX} pages", segments.join("/"))))
    }
}
