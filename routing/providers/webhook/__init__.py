"""Provider type `webhook`: help desks that speak our desk protocol over HTTP, in both directions."""
