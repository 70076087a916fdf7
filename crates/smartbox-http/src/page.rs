//! Limits and cursors of lists.

use smartbox_control::Cursor;

use crate::problem::ApiError;

/// Items of a page whose size nobody named.
const LIMIT_DEFAULT: u32 = 50;
/// Most items of a page.
const LIMIT_MAX: u32 = 200;

/// The size of a page.
pub(crate) fn limit(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked.unwrap_or(LIMIT_DEFAULT) {
        limit @ 1..=LIMIT_MAX => Ok(limit),
        _ => Err(ApiError::field("limit", format!("must be 1 to {LIMIT_MAX}"))),
    }
}

/// Where a page begins.
pub(crate) fn cursor(text: Option<&str>) -> Result<Option<Cursor>, ApiError> {
    text.map(|text| text.parse().map_err(|_error| bad())).transpose()
}

fn bad() -> ApiError {
    ApiError::field("cursor", "must be the `next_cursor` of the page before")
}
