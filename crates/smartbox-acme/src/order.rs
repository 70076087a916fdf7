//! One order: account, names, questions and answers, certificate.

use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use smartbox_edge::{Tls, TlsAnswer, TlsIdentity};

use crate::answer::answer;
use crate::vault::Kept;
use crate::{AcmeConfig, AcmeError};

/// How often an authority is asked how far it is.
const PATIENCE: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(90));

/// Orders a certificate, and keeps it.
pub(crate) async fn order(kept: &Kept<'_>, tls: &Tls) -> Result<TlsIdentity, AcmeError> {
    let account = account(kept).await?;
    let names: Vec<_> = kept.config.names.iter().cloned().map(Identifier::Dns).collect();
    let mut order = account.new_order(&NewOrder::new(&names)).await?;
    // They are taken back when the order is through, however that ends.
    let answers = answer_all(&mut order, tls).await?;
    match order.poll_ready(&PATIENCE).await {
        Ok(OrderStatus::Ready) => {}
        Ok(_) | Err(Error::Api(_)) => return Err(why_not(&mut order).await),
        Err(error) => return Err(error.into()),
    }
    drop(answers);
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&PATIENCE).await?;
    kept.keep_identity(&chain, &key)
}

async fn account(kept: &Kept<'_>) -> Result<Account, AcmeError> {
    let AcmeConfig { email, directory, directory_ca, .. } = kept.config;
    let builder = match directory_ca {
        Some(ca) => Account::builder_with_root(ca)?,
        None => Account::builder()?,
    };
    if let Some(known) = kept.account()? {
        return Ok(builder.from_credentials(known).await?);
    }
    let contact: Vec<_> = email.iter().map(|email| format!("mailto:{email}")).collect();
    let contact: Vec<_> = contact.iter().map(String::as_str).collect();
    // Whoever sets a directory has read its terms, which `docs/settings.md` says.
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let (account, credentials) = builder.create(&new, directory.clone(), None).await?;
    kept.keep_account(&credentials)?;
    Ok(account)
}

/// Shows the answers and asks the authority to look.
async fn answer_all(order: &mut Order, tls: &Tls) -> Result<Vec<TlsAnswer>, AcmeError> {
    let mut answers = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        // It remembers names for a while.
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let mut challenge =
            authorization.challenge(ChallengeType::TlsAlpn01).ok_or(AcmeError::NoChallenge)?;
        let name = challenge.identifier().to_string();
        let expected = challenge.key_authorization().digest();
        answers.push(tls.answer(&name, answer(&name, expected.as_ref())?));
        // It may have looked before it answers.
        challenge.set_ready().await.map_err(|error| match error {
            Error::Api(problem) => AcmeError::NotConvinced { name, detail: problem.to_string() },
            other => other.into(),
        })?;
    }
    Ok(answers)
}

/// Which name it could not check, and what it says.
async fn why_not(order: &mut Order) -> AcmeError {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if authorization.refresh().await.is_err() {
            break;
        }
        let name = authorization.identifier().to_string();
        let error = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref());
        if let Some(error) = error {
            return AcmeError::NotConvinced { name, detail: error.to_string() };
        }
    }
    AcmeError::NotConvinced { name: "a name".to_owned(), detail: "it does not say why".to_owned() }
}
