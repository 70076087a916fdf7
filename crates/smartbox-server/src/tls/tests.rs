use std::fs;
use std::sync::{Arc, Mutex};

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::*;

/// The longest wait for anything.
const LIMIT: Duration = Duration::from_secs(20);

fn made() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["boxes.example".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// The files in a directory of their own, and what was shown.
struct Followed {
    _dir: tempfile::TempDir,
    files: Files,
    shown: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl Followed {
    fn start(period: Duration) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = Files { certificate: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
        let (certificate, key) = made();
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
        let first = read(&files).unwrap();
        let tls = Tls::new(first.identity.clone()).unwrap();
        let shown = Arc::<Mutex<Vec<String>>>::default();
        let told = Arc::clone(&shown);
        let changed = move |pair: &Pair| told.lock().unwrap().push(pair.fingerprint.clone());
        let hangups = signal(SignalKind::hangup()).unwrap();
        let mut task = JoinSet::new();
        task.spawn(follow(files.clone(), first, tls, period, hangups, changed, CancellationToken::new()));
        Self { _dir: dir, files, shown, _task: task }
    }

    /// Lets the time pass until the files were looked at.
    async fn look(&self) {
        tokio::time::advance(LOOK_PERIOD).await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until so many were shown; the last one.
    async fn shown(&self, count: usize) -> String {
        let reached = async {
            while self.shown.lock().unwrap().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, reached).await.expect("a new certificate is shown");
        let shown = self.shown.lock().unwrap();
        assert_eq!(shown.len(), count, "each is shown once");
        shown.last().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_has_changed_is_shown_and_a_broken_one_is_not() {
    let followed = Followed::start(LOOK_PERIOD);
    let (certificate, key) = made();
    // Between the two writes they are no pair.
    fs::write(&followed.files.certificate, certificate).unwrap();
    followed.look().await;
    assert!(followed.shown.lock().unwrap().is_empty());
    fs::write(&followed.files.key, &key).unwrap();
    followed.look().await;
    assert_eq!(followed.shown(1).await, read(&followed.files).unwrap().fingerprint);
    fs::remove_file(&followed.files.key).unwrap();
    followed.look().await;
    fs::write(&followed.files.key, "-----BEGIN PRIVATE KEY-----\nbroken\n").unwrap();
    followed.look().await;
    assert_eq!(followed.shown.lock().unwrap().len(), 1);
    // As it was: it is told again, because what is in the files has changed.
    fs::write(&followed.files.key, &key).unwrap();
    followed.look().await;
    followed.look().await;
    assert_eq!(followed.shown(2).await, read(&followed.files).unwrap().fingerprint);
}

#[tokio::test]
async fn a_hang_up_is_a_wish_to_look_at_once() {
    let followed = Followed::start(Duration::from_hours(1));
    let (certificate, key) = made();
    fs::write(&followed.files.certificate, certificate).unwrap();
    fs::write(&followed.files.key, key).unwrap();
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP).unwrap();
    assert_eq!(followed.shown(1).await, read(&followed.files).unwrap().fingerprint);
}

#[test]
fn what_is_wrong_with_a_pair_is_said_without_its_text() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files { certificate: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
    let said = || read(&files).unwrap_err().to_string();
    assert!(
        said().starts_with("`edge.tls_certificate` ") && said().ends_with("cannot be read: entity not found")
    );
    let ((certificate, key), (_other, other_key)) = (made(), made());
    fs::write(&files.certificate, &certificate).unwrap();
    fs::write(&files.key, other_key).unwrap();
    assert!(said().ends_with("key.pem holds a key that does not belong to the certificate"), "{}", said());
    fs::write(&files.key, key).unwrap();
    let pair = read(&files).unwrap();
    assert!(pair.expires_at.is_some());
    assert_eq!(pair.fingerprint.len(), 64);
    fs::write(&files.certificate, certificate.repeat(3000)).unwrap();
    assert!(said().ends_with("is too large for a file of its kind"), "{}", said());
}

#[test]
fn a_certificate_is_to_be_renewed_two_weeks_ahead() {
    let now = Timestamp::constant(1_000_000_000, 0);
    let days = |days: u64| now + Duration::from_hours(24 * days);
    assert_eq!(Expiry::at(now, days(14)), Expiry::Fine);
    assert_eq!(Expiry::at(now, days(13)), Expiry::Soon);
    assert_eq!(Expiry::at(now, now), Expiry::Over);
    assert_eq!(Expiry::at(days(15), days(14)), Expiry::Over);
}
