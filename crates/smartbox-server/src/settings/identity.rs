//! Who else may say who somebody is.

use secrecy::SecretString;
use smartbox_control::{ForeignIdentities, SignUp, SignUpPolicy};
use smartbox_core::Role;
use smartbox_identity::{
    AccessConfig, ConfigError, OidcClient, OidcConfig, UrlKeys, Verifier, VerifierConfig, access_verifier,
};

use super::raw::Identity;

/// What is asked of an OpenID provider besides who somebody is.
const OIDC_SCOPES: [&str; 2] = ["email", "profile"];
/// Audience of Supabase's tokens for people who are signed in.
const AUDIENCE: &str = "authenticated";

/// Most cookies in which Supabase's libraries keep one token.
const JWT_CHUNKS_MAX: usize = 8;

/// The settings of foreign identities, checked.
#[derive(Clone, Default)]
pub struct ForeignSettings {
    tokens: Option<VerifierConfig>,
    jwt_cookie: Option<String>,
    access: Option<AccessConfig>,
    oidc: Option<OidcConfig>,
    signing_secrets: Vec<SecretString>,
    signing_keys: Vec<(String, SecretString)>,
    sign_up: SignUp,
}

impl std::fmt::Debug for ForeignSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForeignSettings").field("sign_up", &self.sign_up).finish_non_exhaustive()
    }
}

impl ForeignSettings {
    /// Understands the section `identity`. Every problem says what to change.
    pub(super) fn parse(raw: Identity) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let tokens = tokens(&raw);
        let jwt_cookie = cookie(raw.jwt_cookie.as_deref(), &mut problems);
        let access = access(&raw, &mut problems);
        let oidc = oidc(&raw);
        let keys = signing_keys(raw.signing_keys.as_deref(), &mut problems);
        let sign_up = sign_up(&raw, &mut problems);
        let signing_secrets = raw.signing_secret.into_iter().map(SecretString::from).collect();
        let settings =
            Self { tokens, jwt_cookie, access, oidc, signing_secrets, signing_keys: keys, sign_up };
        if let Err(error) = settings.build() {
            problems.push(format!("`identity`: {error}"));
        }
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    /// Cookies that say who somebody is: no box may see or set them.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let chunks =
            |name: &String| (0..JWT_CHUNKS_MAX).map(move |at| format!("{name}.{at}")).collect::<Vec<_>>();
        self.jwt_cookie.iter().flat_map(|name| std::iter::once(name.clone()).chain(chunks(name))).collect()
    }

    /// The verifiers.
    pub(crate) fn build(&self) -> Result<ForeignIdentities, ConfigError> {
        let urls = if self.signing_secrets.is_empty() && self.signing_keys.is_empty() {
            None
        } else {
            Some(UrlKeys::new(&self.signing_secrets, &self.signing_keys)?)
        };
        Ok(ForeignIdentities {
            tokens: self.tokens.clone().map(Verifier::new).transpose()?,
            is_dev_mode: false,
            jwt_cookie: self.jwt_cookie.clone(),
            access: self.access.clone().map(access_verifier).transpose()?,
            oidc: self.oidc.clone().map(OidcClient::new).transpose()?,
            urls,
            sign_up: self.sign_up.clone(),
        })
    }
}

/// Anything of it means that tokens are to be taken; what is missing then is a problem.
fn tokens(raw: &Identity) -> Option<VerifierConfig> {
    let wanted = raw.issuer.is_some() || raw.jwt_secret.is_some() || raw.jwks_url.is_some();
    wanted.then(|| VerifierConfig {
        issuer: raw.issuer.clone().unwrap_or_default(),
        audiences: vec![raw.audience.clone().unwrap_or_else(|| AUDIENCE.to_owned())],
        hs256_secret: raw.jwt_secret.clone().map(SecretString::from),
        jwks_urls: raw.jwks_url.clone().into_iter().collect(),
        vouches_for_emails: false,
    })
}

fn access(raw: &Identity, problems: &mut Vec<String>) -> Option<AccessConfig> {
    match (&raw.access_team_domain, &raw.access_audience) {
        (None, None) => None,
        (Some(team), Some(audience)) => {
            let team_domain = team.trim_start_matches("https://").trim_end_matches('/').to_ascii_lowercase();
            Some(AccessConfig { team_domain, audience: audience.clone(), certs_url: None })
        }
        _ => {
            problems.push(
                "`identity.access_team_domain` and `identity.access_audience` belong together".to_owned(),
            );
            None
        }
    }
}

/// With an issuer alone the client id is missing, which the client itself says.
fn oidc(raw: &Identity) -> Option<OidcConfig> {
    Some(OidcConfig {
        issuer: raw.oidc_issuer.clone()?,
        client_id: raw.oidc_client_id.clone().unwrap_or_default(),
        client_secret: raw.oidc_client_secret.clone().map(SecretString::from),
        scopes: OIDC_SCOPES.map(str::to_owned).into(),
    })
}

/// `name:secret`, separated by spaces.
fn signing_keys(text: Option<&str>, problems: &mut Vec<String>) -> Vec<(String, SecretString)> {
    let mut keys = Vec::new();
    for pair in text.unwrap_or_default().split_whitespace() {
        match pair.split_once(':') {
            Some((name, secret)) => keys.push((name.to_owned(), SecretString::from(secret.to_owned()))),
            None => {
                problems.push("`identity.signing_keys` must be `name:secret`, separated by spaces".to_owned())
            }
        }
    }
    keys
}

fn sign_up(raw: &Identity, problems: &mut Vec<String>) -> SignUp {
    let policy = match raw.sign_up.as_deref() {
        None | Some("closed") => SignUpPolicy::Closed,
        Some("pending") => SignUpPolicy::Pending,
        Some("open") => SignUpPolicy::Open,
        Some(_) => {
            problems.push("`identity.sign_up` must be `closed`, `pending` or `open`".to_owned());
            SignUpPolicy::Closed
        }
    };
    let role = raw.sign_up_role.as_deref().map(str::parse::<Role>).transpose().unwrap_or_else(|error| {
        problems.push(format!("`identity.sign_up_role`: {error}"));
        None
    });
    SignUp { policy, org: raw.sign_up_org.clone(), role }
}

/// Name of a cookie (RFC 6265 §4.1.1).
fn cookie(name: Option<&str>, problems: &mut Vec<String>) -> Option<String> {
    let name = name.filter(|name| !name.is_empty())?;
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !is_plain || name.starts_with("smartbox_") {
        problems.push(
            "`identity.jwt_cookie` must be a cookie's name of letters, digits, `-`, `_` and `.`".to_owned(),
        );
    }
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(raw: Identity) -> String {
        ForeignSettings::parse(raw).unwrap_err().join(" | ")
    }

    fn text(value: &str) -> Option<String> {
        Some(value.to_owned())
    }

    #[test]
    fn nothing_set_means_that_nobody_else_is_believed() {
        let built = ForeignSettings::parse(Identity::default()).unwrap().build().unwrap();
        assert!(built.tokens.is_none() && built.access.is_none() && built.urls.is_none());
        assert_eq!(built.sign_up.policy, SignUpPolicy::Closed);
    }

    #[test]
    fn half_a_configuration_is_refused_with_what_is_missing() {
        let secret = "a secret of at least thirty-two bytes";
        let half = Identity { jwt_secret: text(secret), ..Identity::default() };
        assert_eq!(problems(half), "`identity`: the issuer is missing");
        let half = Identity { issuer: text("https://issuer.example"), ..Identity::default() };
        assert!(problems(half).contains("neither a shared secret nor a JWKS address"));
        let half = Identity { access_team_domain: text("team.cloudflareaccess.com"), ..Identity::default() };
        assert!(problems(half).contains("belong together"));
        let wrong = Identity { sign_up: text("maybe"), sign_up_role: text("god"), ..Identity::default() };
        assert!(problems(wrong).contains("`identity.sign_up`"));
    }

    #[test]
    fn no_secret_is_repeated_or_printed() {
        let short = Identity {
            jwt_secret: text("hunter2"),
            issuer: text("https://i.example"),
            ..Identity::default()
        };
        assert!(!problems(short).contains("hunter2"));
        let raw = Identity { signing_secret: text("a secret of sixteen and more"), ..Identity::default() };
        assert!(!format!("{:?}", ForeignSettings::parse(raw).unwrap()).contains("sixteen"));
    }
}
