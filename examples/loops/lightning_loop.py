"""The same with Lightning.

python lightning_loop.py job trained.safetensors
"""

import sys

import lightning
import torch
from job_rows import JobRows, load_network
from safetensors.torch import save_file


class Hidden(lightning.LightningModule):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def training_step(self, batch, _):
        losses = self.network.losses(self.network(batch), batch)
        self.log_dict({f"loss {i}": loss for i, loss in enumerate(losses)})
        return losses.sum()

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=0.001)


job, out = sys.argv[1:3]
module = Hidden(load_network(job))
loader = torch.utils.data.DataLoader(JobRows(job), batch_size=64, shuffle=True)
trainer = lightning.Trainer(max_epochs=1, logger=False, enable_checkpointing=False, accelerator="auto")  # fmt: skip
trainer.fit(module, loader)
save_file({n: t.cpu() for n, t in module.network.state_dict().items()}, out)
