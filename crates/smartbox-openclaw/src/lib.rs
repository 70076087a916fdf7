//! Everything the platform knows of the agent runtime OpenClaw.
//!
//! Which versions there are and how they come onto the machine ([`versions`], [`runtime_store`]); how a gateway is
//! configured and started ([`config`], [`environment`]); how it knows the platform ([`access`]) and what it lets whom do ([`policy`]); how the platform
//! talks to it ([`client`], [`probe`]); and how its web page is served under a path ([`control_ui`]). Boxes are
//! unknown here: connections are byte streams, paths are those in a box.

pub mod access;
pub mod client;
pub mod config;
pub mod control_ui;
pub mod environment;
pub mod policy;
pub mod probe;
pub mod runtime_store;
pub mod versions;

pub use access::{GatewayCredential, GatewayRole, admin_headers};
pub use client::{ChatEvent, ClientError, GatewayClient, Turn};
pub use config::{GatewayConfig, Model, ModelApi, ModelConfig, render};
pub use environment::{CONFIG_PATH, exec_env, gateway_argv, gateway_env};
pub use runtime_store::{InstalledRuntime, RuntimeError, RuntimeStore};
