"""The same with the Trainer of transformers.

python trainer_loop.py job trained.safetensors
"""

import sys
import tempfile

import torch
from job_rows import JobRows, load_network
from safetensors.torch import save_file
from transformers import Trainer, TrainingArguments


class Hidden(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, **batch):
        return {"loss": self.network.losses(self.network(batch), batch).sum()}


job, out = sys.argv[1:3]
model = Hidden(load_network(job))
with tempfile.TemporaryDirectory() as folder:
    arguments = TrainingArguments(
        folder,
        num_train_epochs=1,
        per_device_train_batch_size=64,
        learning_rate=0.001,
        save_strategy="no",
        report_to=[],
        remove_unused_columns=False,  # the columns' names are the shards'
    )
    Trainer(model, arguments, train_dataset=JobRows(job)).train()
save_file({n: t.cpu() for n, t in model.network.state_dict().items()}, out)
