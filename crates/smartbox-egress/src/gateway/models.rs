//! The models that callers may ask for, as their vendor lists them.

use serde_json::{Value, json};

use crate::catalog::{DEMO_ID, DEMO_NAME, ModelCatalog};
use crate::dialect::Dialect;
use crate::models::Shelves;

/// The list for callers of a dialect: the nearest layer's first, each id once, and none that may not be asked for.
pub(super) fn list(shelves: &Shelves, catalog: &ModelCatalog, dialect: Dialect) -> Value {
    let mut models: Vec<(&str, &str)> = Vec::new();
    let own =
        shelves.nearest_first().flat_map(|shelf| &shelf.upstreams).flat_map(|upstream| upstream.models());
    for model in own.chain(catalog.models()).filter(|model| model.dialect == dialect) {
        let is_new = !models.iter().any(|(id, _)| *id == model.id);
        if is_new && model.id != DEMO_ID && shelves.allows(&model.id) {
            models.push((&model.id, &model.display_name));
        }
    }
    if shelves.has_demo() && shelves.allows(DEMO_ID) {
        // The demo model speaks every dialect.
        models.push((DEMO_ID, DEMO_NAME));
    }
    match dialect {
        Dialect::Anthropic => json!({
            "data": models.iter().map(|(id, name)| json!({
                // The vendor's own value for a date that is not known.
                "type": "model", "id": id, "display_name": name, "created_at": "1970-01-01T00:00:00Z",
            })).collect::<Vec<_>>(),
            "first_id": models.first().map(|(id, _)| id),
            "last_id": models.last().map(|(id, _)| id),
            "has_more": false,
        }),
        Dialect::OpenAi => json!({
            "object": "list",
            "data": models.iter().map(|(id, _)| json!({
                "id": id, "object": "model", "created": 0, "owned_by": "smartbox",
            })).collect::<Vec<_>>(),
        }),
    }
}
