//! The frame of the OpenAPI document, and what every route of it has in common.

use smartbox_api::{
    ADMIN_SECRET_HEADER, ExecStreamControl, ExecStreamStart, PROBLEM_CONTENT_TYPE, Problem, SESSION_COOKIE,
};
use utoipa::ToSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, ContentBuilder, Info, ObjectBuilder, OpenApi, Ref, RefOr, ResponseBuilder, Type,
};

/// The type of a stream of events.
const EVENT_STREAM: &str = "text/event-stream";

/// The document before the routes are added.
pub(crate) fn frame() -> OpenApi {
    let mut info = Info::new("Smartbox", env!("CARGO_PKG_VERSION"));
    info.description =
        Some("Isolated, always-on OpenClaw agents. Errors are RFC 9457 problem documents.".to_owned());
    let mut license = utoipa::openapi::License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    info.license = Some(license);
    let mut document = OpenApi::new(info, utoipa::openapi::Paths::new());
    document.components = Some(components());
    document.security = Some(any_credential());
    document
}

fn components() -> Components {
    let mut components = Components::new();
    let api_key = |value| SecurityScheme::ApiKey(value);
    let header = ApiKeyValue::with_description(ADMIN_SECRET_HEADER, "The platform's admin secret.");
    let cookie = ApiKeyValue::with_description(SESSION_COOKIE, "The session of a signed-in browser.");
    let bearer = Http::new(HttpAuthScheme::Bearer);
    components.add_security_scheme("admin_secret", api_key(ApiKey::Header(header)));
    components.add_security_scheme("session", api_key(ApiKey::Cookie(cookie)));
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    add::<Problem>(&mut components);
    // The messages of the exec stream: OpenAPI describes no WebSockets, so nothing refers to them.
    add::<ExecStreamStart>(&mut components);
    add::<ExecStreamControl>(&mut components);
    components
}

fn add<T: ToSchema>(components: &mut Components) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

fn any_credential() -> Vec<SecurityRequirement> {
    ["admin_secret", "bearer", "session"]
        .map(|scheme| SecurityRequirement::new(scheme, Vec::<String>::new()))
        .into()
}

/// Names the parts of paths as OpenAPI does, which has no word for one with slashes in it.
pub(crate) fn name_parts(document: &mut OpenApi) {
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
}

/// Says what an event of a stream is. What a route names as the answer is the data of each; OpenAPI 3.1 has no word for a sequence, and
/// the one of 3.2 is an object with the fields of an event.
pub(crate) fn describe_streams(document: &mut OpenApi) {
    for response in operations(document).flat_map(|operation| operation.responses.responses.values_mut()) {
        let RefOr::T(response) = response else { continue };
        let Some(RefOr::T(content)) = response.content.get_mut(EVENT_STREAM) else { continue };
        let data = match content.schema.take() {
            Some(RefOr::Ref(reference)) => {
                let name = reference.ref_location.rsplit('/').next().unwrap_or_default().to_owned();
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .content_media_type("application/json")
                    .description(Some(format!("As JSON: `{name}`.")))
            }
            _text => ObjectBuilder::new().schema_type(Type::String),
        };
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let event = ObjectBuilder::new()
            .property("event", text())
            .property("id", text())
            .property("data", data)
            .required("data")
            .description(Some("One event; the stream has any number of them."));
        content.schema = Some(event.into());
    }
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|item| {
        [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
            .into_iter()
            .filter_map(Option::as_mut)
    })
}

/// Adds the answer that every route may give: a problem document.
pub(crate) fn add_problems(document: &mut OpenApi) {
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let problem = ResponseBuilder::new()
        .description("Why it was refused, and what to do.")
        .content(PROBLEM_CONTENT_TYPE, content)
        .build();
    for operation in operations(document) {
        operation.responses.responses.insert("default".to_owned(), problem.clone().into());
    }
}
