//! One request of the protocol, in the name of whoever made it.

use axum::Router;
use axum::extract::Request;
use http::HeaderMap;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult, PaginatedRequestParams,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tower::ServiceExt;

use super::{answer, catalog, request};
use crate::caller::Vouched;
use crate::request::{CLIENT_ADDRESS_HEADER, RequestId};

/// What a model is told of all tools together.
const INSTRUCTIONS: &str = "Smartbox runs isolated, always-on OpenClaw agents. Each lives in a box with its own disk, network and budget. \
`box` is an id, a name, or `default`. What changes a box answers with an operation: wait for it with `wait_for_operation`. \
A sleeping box is woken by what needs it; files, logs and `why_box` do not wake it. Commands are argument lists, which no shell reads. \
What fails says why and what to do in `detail` and `remedy`.";

/// Headers of the outer request that the inner one has, too: where it comes from.
const KEPT: [&str; 2] = [CLIENT_ADDRESS_HEADER, "user-agent"];

/// The tools, for one caller.
#[derive(Clone)]
pub(super) struct ToolServer {
    api: Router,
    who: Vouched,
    id: Option<RequestId>,
    headers: HeaderMap,
    version: &'static str,
}

impl ToolServer {
    pub(super) fn new(api: Router, who: Vouched, request: &Request, version: &'static str) -> Self {
        let mut headers = HeaderMap::new();
        for name in KEPT {
            if let Some(value) = request.headers().get(name) {
                headers.insert(name, value.clone());
            }
        }
        Self { api, who, id: request.extensions().get().cloned(), headers, version }
    }
}

impl ServerHandler for ToolServer {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("smartbox", self.version))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(catalog::all().iter().map(|entry| entry.tool.clone()).collect()))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(entry) = catalog::find(&call.name) else {
            return Err(ErrorData::invalid_params(format!("there is no tool `{}`", call.name), None));
        };
        let mut request = match request::request(entry, call.arguments.unwrap_or_default()) {
            Ok(request) => request,
            Err(what) => return Ok(answer::failed(&what).into()),
        };
        request.headers_mut().extend(self.headers.clone());
        request.extensions_mut().insert(self.who.clone());
        if let Some(id) = &self.id {
            request.extensions_mut().insert(id.clone());
        }
        let Ok(response) = self.api.clone().oneshot(request).await;
        Ok(answer::of(response).await.into())
    }
}
