use tracing::Level;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, fmt, reload};

use super::*;

/// Whether a line of this target and level is written.
macro_rules! is_written {
    ($target:literal, $level:expr) => {
        tracing::enabled!(target: $target, $level)
    };
}

#[tokio::test(start_paused = true)]
async fn more_is_written_for_a_while_and_of_the_platform_alone() {
    let (filter, handle) = reload::Layer::new(EnvFilter::try_new("info").unwrap());
    let subscriber =
        tracing_subscriber::registry().with(fmt::layer().with_writer(std::io::sink).with_filter(filter));
    let _guard = tracing::subscriber::set_default(subscriber);
    let log = LogControl::new("info".to_owned(), handle);
    let stop = CancellationToken::new();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(log.clone().run(stop.clone()));

    assert!(is_written!("smartbox_edge::front", Level::INFO));
    assert!(!is_written!("smartbox_edge::front", Level::DEBUG));
    log.raise(LogLevel::Debug, Duration::from_secs(60));
    assert!(is_written!("smartbox_edge::front", Level::DEBUG));
    assert!(!is_written!("smartbox_edge::front", Level::TRACE));
    assert!(!is_written!("hyper::proto", Level::DEBUG), "libraries may write what they send");
    assert_eq!(log.raised(), Some((LogLevel::Debug, Duration::from_secs(60))));

    tokio::time::advance(Duration::from_secs(61)).await;
    let mut raised = log.raised.subscribe();
    raised.wait_for(Option::is_none).await.unwrap();
    assert!(!is_written!("smartbox_edge::front", Level::DEBUG), "the setting holds again");
    stop.cancel();
    tasks.join_all().await;
}
