//! The real daemon on an ordinary host: with another root directory, other ports, and a gateway made for the test.

mod client;
mod epoch;
mod gateway;
mod openssh;
mod reaping;
mod supervision;
mod support;
