//! What a verified token says.

use jiff::Timestamp;

/// Somebody, according to an issuer that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who: the issuer's name for them, letter by letter. Unique only together with [`issuer`](Self::issuer). At most
    /// 255 bytes.
    pub subject: String,
    /// Who says so.
    pub issuer: String,
    /// Their address, if the issuer gives one.
    pub email: Option<String>,
    /// Whether the issuer has verified it. Only then does it tell anything about who they are.
    pub email_verified: bool,
    /// A name to show.
    pub name: Option<String>,
    /// The issuer's session (`session_id` of Supabase, `sid` of OpenID Connect), to end with it.
    pub session_id: Option<String>,
    /// Somebody who never signed up (Supabase).
    pub is_anonymous: bool,
    /// `role` of Supabase: `authenticated` for people. Nothing here decides by it.
    pub role: Option<String>,
    /// Assurance level of Supabase: `aal1`, or `aal2` after a second factor.
    pub assurance: Option<String>,
    /// When the token was made.
    pub issued_at: Option<Timestamp>,
    /// When it stops working (60 seconds of skew are allowed beyond).
    pub expires_at: Timestamp,
}
