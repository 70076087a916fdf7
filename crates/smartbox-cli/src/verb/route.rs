//! `smartbox route …`.

mod list;
mod set;
mod show;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use smartbox_api::RouteView;
use smartbox_core::routing::RouteName;

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about routes: where the requests of the admin API and of boxes go.
#[derive(Debug, Subcommand)]
pub enum RouteCommand {
    /// List both routes
    List,
    /// Show a route
    Show(RouteArgument),
    /// Change a route; requests and sockets under way stay where they are
    Set(set::SetArgs),
    /// Send everybody back to the primary
    Rollback(RouteArgument),
}

/// Carries out a command about routes.
pub(super) async fn run(client: &Client, command: RouteCommand, console: &mut Console) -> Outcome {
    match command {
        RouteCommand::List => list::run(client, console).await,
        RouteCommand::Show(route) => show::run(client, &route.route, console).await,
        RouteCommand::Set(args) => set::run(client, args, console).await,
        RouteCommand::Rollback(route) => set::rollback(client, &route.route, console).await,
    }
}

/// The route an argument names.
#[derive(Debug, clap::Args)]
pub struct RouteArgument {
    /// Name of the route
    #[arg(value_name = "ROUTE", value_parser = names())]
    route: String,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(RouteName::ALL.map(RouteName::as_str))
}

/// When the candidate is given up, in words.
fn rule(route: &RouteView) -> String {
    if route.rollback_at == 0 {
        return "never".to_owned();
    }
    let RouteView { rollback_at, min_requests, window_secs, .. } = route;
    format!("{rollback_at} % of at least {min_requests} requests in {window_secs} s")
}
