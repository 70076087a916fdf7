//! Tickets: somebody who is signed in lets something that cannot show a credential ask for one thing, once.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::{Permission, Principal, Who};
use smartbox_store::{NewTicket, SystemActor, Ticket, TicketHolder};

use crate::admin_secret::token_hash;
use crate::entropy::random_token;
use crate::op::Origin;
use crate::recognise::Recognised;
use crate::sign_in::{Beginning, NewSession, require_active};
use crate::{Control, Error, Op};

/// How long a ticket waits for its request.
const TICKET_TTL: Duration = Duration::from_mins(1);
/// What a ticket begins with.
pub const TICKET_PREFIX: &str = "tkt_";
/// Longest path of a ticket.
const PATH_BYTES_MAX: usize = 2048;
/// Longest origin of a ticket: a scheme, the longest host name and a port.
const ORIGIN_BYTES_MAX: usize = 300;

/// A ticket that was made.
#[derive(Clone)]
pub struct MadeTicket {
    /// The ticket itself; shown once.
    pub ticket: SecretString,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// What a ticket is for.
#[derive(Clone, Copy, Debug)]
pub struct TicketFor<'a> {
    /// The box, by id or name.
    pub reference: &'a str,
    /// Exactly this path, as the request names it.
    pub path: &'a str,
    /// The page that may send it; `None` for a program, or for pages of the same server.
    pub origin: Option<&'a str>,
}

impl Control {
    /// Makes a ticket with which somebody may ask a box for one thing, in the caller's name.
    ///
    /// # Errors
    /// [`Error::NotFound`] the box; [`Error::Invalid`]; [`Error::Conflict`] while too many wait;
    /// [`Error::Forbidden`] for the platform's admin, who is nobody.
    pub async fn create_ticket(
        &self,
        op: &Op,
        wanted: TicketFor<'_>,
        until: Option<Timestamp>,
    ) -> Result<MadeTicket, Error> {
        check(wanted)?;
        let smartbox = self.resolve(op, Permission::BoxesRead, wanted.reference).await?;
        let holder = match (&op.principal, op.session) {
            (Principal::Admin | Principal::Member { who: Who::Support(_), .. }, _) => {
                return Err(Error::Forbidden);
            }
            (Principal::Member { .. }, Some(session)) => TicketHolder::Session(session),
            (Principal::Member { who: Who::Token(token), .. }, None) => TicketHolder::Token(*token),
            (Principal::Member { who: Who::User(user), .. }, None) => TicketHolder::User(*user),
        };
        let now = self.inner.clock.now();
        let latest = now.checked_add(TICKET_TTL).map_err(Error::internal)?;
        let expires_at = until.map_or(latest, |until| until.min(latest));
        let ticket = format!("{TICKET_PREFIX}{}", random_token(&*self.inner.entropy));
        let new = NewTicket {
            hash: token_hash(&ticket),
            box_id: smartbox.id,
            holder,
            path: wanted.path,
            origin: wanted.origin,
            expires_at,
        };
        self.inner.store.org(smartbox.org).insert_ticket(&new, now).await?;
        Ok(MadeTicket { ticket: ticket.into(), expires_at })
    }

    /// Uses up a ticket, whatever comes of it. Answers who comes with it, for its box alone.
    ///
    /// # Errors
    /// [`Error::BadToken`] for one that is unknown, used, too old or for something else.
    pub async fn redeem_ticket(
        &self,
        ticket: &str,
        path: &str,
        origin: Option<&str>,
    ) -> Result<Recognised, Error> {
        let (ticket, who) = self.use_up(ticket, path, origin).await?;
        Ok(Recognised { principal: who.principal.for_box(ticket.box_id), ..who })
    }

    /// Exchanges a ticket for a session that is good for its box alone: a browser that was sent to the box's own origin
    /// brings none there.
    ///
    /// # Errors
    /// As [`Self::redeem_ticket`]; [`Error::Forbidden`] for a ticket of a program.
    pub async fn enter_box(
        &self,
        from: &Origin,
        ticket: &str,
        path: &str,
        origin: &str,
    ) -> Result<NewSession, Error> {
        let (ticket, who) = self.use_up(ticket, path, Some(origin)).await?;
        let user = who.principal.user_id().ok_or(Error::Forbidden)?;
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in"));
        let user = fleet.find_user(user).await?.ok_or(Error::NotFound("user"))?;
        let begun = Beginning {
            parent: who.session,
            only: Some(ticket.box_id),
            device: who.device,
            until: who.expires_at,
            ..Beginning::by("ticket")
        };
        self.begin_session_of(from, &user, begun).await
    }

    async fn use_up(
        &self,
        ticket: &str,
        path: &str,
        origin: Option<&str>,
    ) -> Result<(Ticket, Recognised), Error> {
        let refused = || Error::BadToken("the ticket is not good for this, or was used already".to_owned());
        let now = self.inner.clock.now();
        let fleet = self.inner.store.fleet(SystemActor::new("ticket"));
        let ticket = fleet.redeem_ticket(&token_hash(ticket), now).await?.ok_or_else(refused)?;
        if ticket.path != path || ticket.origin.as_deref() != origin {
            return Err(refused());
        }
        // Whoever made it may have lost their right since.
        let who = match ticket.holder {
            TicketHolder::Session(id) => {
                let session = fleet.find_session_by_id(id).await?.filter(|session| session.expires_at > now);
                let session = session.ok_or_else(refused)?;
                require_active(&session.user)?;
                Recognised::of_session(&session)
            }
            TicketHolder::Token(id) => {
                Recognised::of_token(&fleet.find_token_by_id(id, now).await?.ok_or_else(refused)?)
            }
            TicketHolder::User(id) => {
                let user = fleet.find_user(id).await?.ok_or_else(refused)?;
                require_active(&user)?;
                // They were let in when they made it, with whatever device they showed then.
                Recognised { is_paired: true, ..self.without_device(&user, ticket.expires_at).await? }
            }
        };
        Ok((ticket, who))
    }
}

fn check(wanted: TicketFor<'_>) -> Result<(), Error> {
    let path = wanted.path;
    let is_path = path.starts_with('/')
        && path.len() <= PATH_BYTES_MAX
        && path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#'));
    if !is_path {
        return Err(Error::field("path", "is the path of the request, without its query"));
    }
    match wanted.origin {
        Some(origin) if !is_origin(origin) => Err(Error::field(
            "origin",
            "is scheme, host and port of the page, such as `https://app.example.com`",
        )),
        _ => Ok(()),
    }
}

/// As browsers write it in `Origin` (RFC 6454 §6.2).
fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text.len() <= ORIGIN_BYTES_MAX
        && rest.is_some_and(|host| {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b'@' | b'?' | b'#'))
        })
}
