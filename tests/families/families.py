"""Small models of transformers, one for each family, from configurations with random weights."""

import os

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import torch
import transformers

VOCABULARY, LENGTH, SIZE, CLASSES = 100, 16, 32, 4
TEXT = ("input_ids", "attention_mask")
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
}


class Family:
    """How to make a model, what it takes, and what its outputs are compared with."""

    def __init__(self, name, model, config, *inputs, loss="cross_entropy", labels=(), eval_graph=False, **settings):  # fmt: skip
        self.name, self.inputs, self.loss, self.labels = name, inputs, loss, labels
        self.eval_graph = eval_graph  # whether it branches on self.training in Python
        self.model, self.config, self.settings = model, config, settings

    def make(self):
        settings = dict(self.settings)
        if self.loss != "next_token":
            settings["num_labels"] = CLASSES
        config = getattr(transformers, self.config)(**settings)
        return getattr(transformers, self.model)(config)

    def example(self, rows, random):
        """Inputs as numpy arrays by name, and the targets (None for next tokens)."""
        length = random.integers(4, LENGTH + 1, (rows, 1))
        makers = {
            "input_ids": lambda: random.integers(3, VOCABULARY, (rows, LENGTH)),
            "attention_mask": lambda: (torch.arange(LENGTH).numpy() < length).astype("int64"),
            "token_type_ids": lambda: random.integers(0, 2, (rows, LENGTH)),
            "pixel_values": lambda: random.standard_normal((rows, 3, SIZE, SIZE)).astype("float32"),
        }  # fmt: skip
        fields = {name: makers[name]() for name in self.inputs}
        if self.loss == "next_token":
            return fields, None
        return fields, random.integers(0, CLASSES, (rows, *self.labels))


FAMILIES = [
    Family(
        "BERT",
        "BertForSequenceClassification",
        "BertConfig",
        *TEXT,
        "token_type_ids",
        vocab_size=VOCABULARY,
        max_position_embeddings=32,
        **SIZES,
    ),
    Family(
        "DistilBERT",
        "DistilBertForSequenceClassification",
        "DistilBertConfig",
        *TEXT,
        vocab_size=VOCABULARY,
        max_position_embeddings=32,
        dim=32,
        n_layers=2,
        n_heads=2,
        hidden_dim=48,
    ),
    Family(
        "RoBERTa",
        "RobertaForSequenceClassification",
        "RobertaConfig",
        *TEXT,
        vocab_size=VOCABULARY,
        max_position_embeddings=40,
        type_vocab_size=1,
        **SIZES,
    ),
    Family(
        "GPT-2",
        "GPT2LMHeadModel",
        "GPT2Config",
        "input_ids",
        loss="next_token",
        vocab_size=VOCABULARY,
        n_positions=32,
        n_embd=32,
        n_layer=2,
        n_head=2,
        use_cache=False,
    ),
    Family(
        "Llama",
        "LlamaForCausalLM",
        "LlamaConfig",
        "input_ids",
        loss="next_token",
        vocab_size=VOCABULARY,
        max_position_embeddings=32,
        num_key_value_heads=1,
        attention_dropout=0.1,
        use_cache=False,
        **SIZES,
    ),
    Family(
        "T5 encoder",
        "T5ForTokenClassification",
        "T5Config",
        *TEXT,
        labels=(LENGTH,),
        vocab_size=VOCABULARY,
        d_model=32,
        d_kv=16,
        d_ff=48,
        num_layers=2,
        num_heads=2,
    ),
    Family(
        "ViT",
        "ViTForImageClassification",
        "ViTConfig",
        "pixel_values",
        image_size=SIZE,
        patch_size=8,
        hidden_dropout_prob=0.1,
        attention_probs_dropout_prob=0.1,
        **SIZES,
    ),
    Family(
        "ResNet",
        "ResNetForImageClassification",
        "ResNetConfig",
        "pixel_values",
        embedding_size=8,
        hidden_sizes=[8, 16],
        depths=[1, 1],
        layer_type="basic",
    ),
    Family(
        "MobileNetV2",
        "MobileNetV2ForImageClassification",
        "MobileNetV2Config",
        "pixel_values",
        image_size=SIZE,
        depth_multiplier=0.25,
    ),
    Family(
        "ConvNeXt",
        "ConvNextForImageClassification",
        "ConvNextConfig",
        "pixel_values",
        eval_graph=True,
        image_size=SIZE,
        patch_size=2,
        hidden_sizes=[8, 16],
        depths=[1, 2],
        num_stages=2,
        drop_path_rate=0.1,
    ),
    Family(
        "Swin",
        "SwinForImageClassification",
        "SwinConfig",
        "pixel_values",
        eval_graph=True,
        image_size=SIZE,
        patch_size=2,
        embed_dim=16,
        depths=[2, 2],
        num_heads=[2, 2],
        window_size=4,
        drop_path_rate=0.1,
    ),
]
