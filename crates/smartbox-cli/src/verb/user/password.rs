//! `smartbox user password`.

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use smartbox_api::{Me, SetPassword, UserView};

use crate::Outcome;
use crate::args::UserReference;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Longest input that is read with `--stdin`, in bytes: two passwords of at most 1024 bytes, and their line ends.
const INPUT_BYTES_MAX: u64 = 2 * (1024 + 2);

/// Flags of `user password`.
#[derive(Debug, Args)]
pub struct PasswordArgs {
    /// Name or id of the person; you if left out
    #[arg(value_name = "USER")]
    user: Option<UserReference>,
    /// Read the new password from standard input; to change your own, the one so far is on the second line
    #[arg(long)]
    stdin: bool,
}

/// A new password, and the one so far where it is needed.
struct Passwords {
    new: SecretString,
    current: Option<SecretString>,
}

/// Sets a password. It comes from the terminal or from standard input, and from nowhere else: others can see a command
/// line and a program's variables.
pub(super) async fn run(client: &Client, args: &PasswordArgs, console: &mut Console) -> Outcome {
    if !args.stdin && !console.can_ask() {
        return Err(Failure::new(Exit::Usage, "There is no terminal to ask for the password.")
            .help("Give it on standard input: `smartbox user password --stdin < FILE`."));
    }
    // Before anybody types: a mistyped name must not be noticed behind three passwords.
    let me: Me = client.get(Route::v1(&["me"])).await?;
    let user = match &args.user {
        Some(user) => client.get::<UserView>(Route::v1(&["users", user.as_str()])).await?,
        // The admin of the platform and a service token are no people.
        None => me.user.ok_or_else(|| {
            Failure::new(Exit::Usage, format!("`{}` is no person and has no password.", me.id))
                .help("Say whose: `smartbox user password USER`.")
        })?,
    };
    let is_own = me.id == user.id;
    let passwords = if args.stdin { read(console).await? } else { ask(&user, is_own, console).await? };
    let body = SetPassword {
        password: passwords.new.expose_secret().to_owned(),
        current_password: passwords.current.map(|current| current.expose_secret().to_owned()),
    };
    client.put(Route::v1(&["users", &user.id, "password"]), &body).await?;
    console
        .say(&format!("The password of `{}` is set. Other sessions of theirs have ended.", user.name))
        .await;
    Ok(Exit::Success)
}

/// Asks on the terminal: for the one so far if it is one's own, then twice for the new one.
async fn ask(user: &UserView, is_own: bool, console: &mut Console) -> Result<Passwords, Failure> {
    let new = format!("New password of {}: ", user.name);
    let again = "The same once more: ";
    let (current, new, repeated) = if user.has_password && is_own {
        let answers = console.secrets(["Your password so far: ", &new, again]).await?;
        let [current, new, repeated] = answers;
        (Some(current), new, repeated)
    } else {
        let [new, repeated] = console.secrets([&new, again]).await?;
        (None, new, repeated)
    };
    if new.expose_secret() != repeated.expose_secret() {
        return Err(Failure::new(Exit::Usage, "The two passwords differ. Nothing was changed."));
    }
    Ok(Passwords { new, current })
}

/// Reads standard input: the new one, and on a second line the one so far.
async fn read(console: &mut Console) -> Result<Passwords, Failure> {
    let text = SecretString::from(console.read_text(INPUT_BYTES_MAX).await?);
    let mut lines = text.expose_secret().lines().map(SecretString::from);
    let new = lines.next().filter(|new| !new.expose_secret().is_empty());
    let new = new.ok_or_else(|| Failure::new(Exit::Usage, "Standard input holds no password."))?;
    let current = lines.next();
    if lines.next().is_some() {
        return Err(Failure::new(Exit::Usage, "Standard input holds more than two lines."));
    }
    Ok(Passwords { new, current })
}
