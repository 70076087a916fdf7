//! Lists of models as people write them.

use crate::catalog::{self, Model};
use crate::dialect::Dialect;

/// Most models of one upstream.
const MODELS_MAX: usize = 100;
/// Longest id of a model.
const ID_BYTES_MAX: usize = 128;

/// Reads `id`, `id context=32768 output=8192`, and lists of these with commas.
pub(super) fn parse(dialect: Dialect, given: &[String]) -> Result<Vec<Model>, String> {
    let mut models: Vec<Model> = Vec::new();
    for entry in
        given.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|entry| !entry.is_empty())
    {
        let model = model(dialect, entry)?;
        if models.iter().any(|earlier| earlier.id == model.id) {
            return Err(format!("names `{}` twice", model.id));
        }
        if models.len() == MODELS_MAX {
            return Err(format!("names more than {MODELS_MAX} models"));
        }
        models.push(model);
    }
    Ok(models)
}

fn model(dialect: Dialect, entry: &str) -> Result<Model, String> {
    let mut words = entry.split_whitespace();
    let id = words.next().unwrap_or_default();
    if id.contains('=') {
        return Err(format!("must name a model before its sizes in `{entry}`"));
    }
    if id.len() > ID_BYTES_MAX || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("holds `{id}`, which is no id of a model"));
    }
    let mut model = catalog::find(dialect, id).unwrap_or_else(|| catalog::unknown(dialect, id));
    for word in words {
        match word.split_once('=') {
            Some(("context", tokens)) => model.context_window = size(entry, tokens)?,
            Some(("output", tokens)) => model.output_tokens_max = size(entry, tokens)?,
            _ => {
                let problem =
                    "is not understood; write an id and its sizes like `qwen3:8b context=32768 output=8192`";
                return Err(format!("holds `{entry}`, in which `{word}` {problem}"));
            }
        }
    }
    model.output_tokens_max = model.output_tokens_max.min(model.context_window);
    Ok(model)
}

fn size(entry: &str, tokens: &str) -> Result<u32, String> {
    match tokens.parse() {
        Ok(0) | Err(_) => Err(format!("holds `{entry}`, in which `{tokens}` is not a number of tokens")),
        Ok(size) => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(list: &str) -> Result<Vec<Model>, String> {
        parse(Dialect::OpenAi, &[list.to_owned()])
    }

    #[test]
    fn a_list_keeps_its_order_and_known_ids_have_their_sizes() {
        let models = parsed("qwen3:8b context=32768 output=4096 , gpt-6-sol,meta/llama-4").unwrap();
        let sizes: Vec<_> =
            models.iter().map(|m| (m.id.as_str(), m.context_window, m.output_tokens_max)).collect();
        assert_eq!(
            sizes,
            [("qwen3:8b", 32_768, 4_096), ("gpt-6-sol", 272_000, 128_000), ("meta/llama-4", 128_000, 8_192)]
        );
    }

    #[test]
    fn an_answer_is_never_larger_than_the_window() {
        assert_eq!(parsed("tiny context=4096").unwrap()[0].output_tokens_max, 4_096);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (list, word) in [
            ("a contxt=1", "contxt=1"),
            ("a context=many", "many"),
            ("a context=0", "0"),
            ("context=5", "context=5"),
            ("a, b, a", "twice"),
        ] {
            let problem = parsed(list).unwrap_err();
            assert!(problem.contains(word), "{list}: {problem}");
        }
    }
}
