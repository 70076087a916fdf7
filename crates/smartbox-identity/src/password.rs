//! Passwords: argon2id, with what OWASP's password storage cheat sheet asks for, as PHC strings.

mod pool;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use secrecy::{ExposeSecret as _, SecretString};

pub use pool::PasswordPool;

/// Memory of one hash, in KiB (19 MiB).
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Most memory that a stored hash may ask for, in KiB: what we wrote ourselves, and what other programs write.
const STORED_MEMORY_KIB_MAX: u32 = 64 * 1024;
/// Most passes that a stored hash may ask for.
const STORED_PASSES_MAX: u32 = 10;
/// Bytes of a password. The longest is what no person types and no hash is slowed by.
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=1024;
/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// Why a password was not hashed or not compared. The text is fit for the client.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PasswordError {
    /// Shorter than 8 or longer than 1024 bytes.
    #[error("a password has 8 to 1024 bytes")]
    Length,
    /// Too many people sign in at this moment.
    #[error("too many people are signing in; try again in a moment")]
    Busy,
    /// What is stored is not a hash that was made here.
    #[error("the stored password cannot be compared")]
    Stored,
    /// Hashing failed; there is no memory left.
    #[error("the password cannot be hashed at the moment")]
    Failed,
}

/// The PHC string of a password. Takes tens of milliseconds of a processor: use [`PasswordPool`] where people wait.
/// `salt` is random.
///
/// # Errors
/// [`PasswordError::Length`] for passwords that are too short or too long.
pub fn hash_password(password: &SecretString, salt: [u8; SALT_BYTES]) -> Result<String, PasswordError> {
    let password = password.expose_secret().as_bytes();
    if !PASSWORD_BYTES.contains(&password.len()) {
        return Err(PasswordError::Length);
    }
    let hash = hasher()?.hash_password_with_salt(password, &salt);
    hash.map(|hash| hash.to_string()).map_err(|_error| PasswordError::Failed)
}

/// Whether `password` is the one whose PHC string is stored. A password of an impossible length is none.
///
/// # Errors
/// [`PasswordError::Stored`] if `stored` is not an argon2id hash of a sensible cost.
pub fn verify_password(password: &SecretString, stored: &str) -> Result<bool, PasswordError> {
    let (hash, _params) = parse(stored)?;
    let password = password.expose_secret().as_bytes();
    if !PASSWORD_BYTES.contains(&password.len()) {
        return Ok(false);
    }
    match hasher()?.verify_password(password, &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(_other) => Err(PasswordError::Failed),
    }
}

/// Whether a stored hash was made with other parameters than today's: hash the password anew when it was right.
pub fn needs_rehash(stored: &str) -> bool {
    let is_todays =
        |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
    !parse(stored).is_ok_and(|(_hash, params)| is_todays(&params))
}

fn hasher() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_error| PasswordError::Failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A stored hash, bounded: whoever can write one must not be able to take the machine's memory with it.
fn parse(stored: &str) -> Result<(PasswordHash, Params), PasswordError> {
    let hash = PasswordHash::new(stored).map_err(|_error| PasswordError::Stored)?;
    let params = Params::try_from(&hash).map_err(|_error| PasswordError::Stored)?;
    let is_argon2id = hash.algorithm.as_str() == Algorithm::Argon2id.as_str();
    let is_sensible = params.m_cost() <= STORED_MEMORY_KIB_MAX
        && params.t_cost() <= STORED_PASSES_MAX
        && params.p_cost() <= LANES.max(4);
    if is_argon2id && is_sensible { Ok((hash, params)) } else { Err(PasswordError::Stored) }
}
