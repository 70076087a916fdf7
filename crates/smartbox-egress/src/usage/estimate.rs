//! Tokens by the size of texts, where nobody has counted.
//!
//! OpenAI's rule of thumb is four characters a token in English
//! (<https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them>); Anthropic says three and a half
//! (<https://docs.claude.com/en/docs/about-claude/glossary>). Code and other scripts take more.

/// Bytes of a request a token, as a likely figure.
const BYTES_LIKELY: u64 = 4;
/// Bytes of a request a token, where too little would be worse than too much: what is reserved is given back.
const BYTES_CAUTIOUS: u64 = 2;

/// Tokens that a request of this size is likely to have.
pub(crate) const fn input_tokens(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_LIKELY)
}

/// Tokens that a request of this size has at most, as far as anybody can say without the vendor's tokenizer. More than fits
/// the model it cannot have: pictures are far larger in bytes than in tokens.
pub(crate) fn input_tokens_max(bytes: u64, context_window: u32) -> u64 {
    bytes.div_ceil(BYTES_CAUTIOUS).min(u64::from(context_window))
}

/// Tokens that a text of this size is likely to have.
pub(crate) const fn output_tokens(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_LIKELY)
}
