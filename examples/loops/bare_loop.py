"""A loop of one's own over a job's Network.

python bare_loop.py job trained.safetensors

Sets its own random state: dropout is then equal to plain training's in law only. train.py keeps each sub-network's
own, and is exact.
"""

import sys

import torch
from job_rows import JobRows, load_network
from safetensors.torch import save_file

job, out = sys.argv[1:3]
network = load_network(job)
loader = torch.utils.data.DataLoader(JobRows(job), batch_size=64, shuffle=True)
optimizer = torch.optim.AdamW(network.parameters(), lr=0.001)
for batch in loader:
    losses = network.losses(network(batch), batch)  # one for each sub-network
    optimizer.zero_grad()
    losses.sum().backward()  # they share no parameter, so each gets its own gradient
    optimizer.step()
save_file(network.state_dict(), out)
