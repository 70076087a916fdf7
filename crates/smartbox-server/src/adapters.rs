//! Where ports meet their implementations: the edge and the services know nothing of control, control nothing of them.

pub(crate) mod dial;
pub(crate) mod doors;
pub(crate) mod egress;
pub(crate) mod host;
pub(crate) mod identity;
pub(crate) mod ingress;
pub(crate) mod insight;
pub(crate) mod models;
pub(crate) mod peers;
pub(crate) mod places;
pub(crate) mod ready;
pub(crate) mod request_ids;
pub(crate) mod revocations;
pub(crate) mod routes;
pub(crate) mod runtimes;
pub(crate) mod upstream;
pub(crate) mod wake;
pub(crate) mod webhooks;
