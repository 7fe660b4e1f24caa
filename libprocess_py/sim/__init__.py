"""Nodes on virtual time with a simulated network: the same kernel, the same actors, one seed."""

from libprocess_py.sim.network import Network
from libprocess_py.sim.simulation import Simulation, SimulationOptions, SimulationStuck

__all__ = ["Simulation", "SimulationOptions", "SimulationStuck", "Network"]
