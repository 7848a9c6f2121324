"""The same with Accelerate: devices and processes are its own matter.

accelerate launch accelerate_loop.py job trained.safetensors
"""

import sys

import torch
from accelerate import Accelerator
from job_rows import JobRows, load_network
from safetensors.torch import save_file


class Losses(torch.nn.Module):
    """One forward() that ends in the losses, so that what wraps it sees all of it."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, batch):
        return self.network.losses(self.network(batch), batch)


job, out = sys.argv[1:3]
accelerator = Accelerator()
model = Losses(load_network(job))
loader = torch.utils.data.DataLoader(JobRows(job), batch_size=64, shuffle=True)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.001)
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
for batch in loader:
    loss = model(batch).sum()
    optimizer.zero_grad()
    accelerator.backward(loss)
    optimizer.step()
if accelerator.is_main_process:
    network = accelerator.unwrap_model(model).network
    save_file({n: t.cpu() for n, t in network.state_dict().items()}, out)
