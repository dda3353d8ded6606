"""The demo company as data: 云溪酒业, invented from end to end. No number in it belongs to anybody."""
